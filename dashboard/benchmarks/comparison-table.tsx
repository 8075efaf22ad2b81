import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { ApiSchema } from '../shared/api.js';
import { formatCount, formatNanoseconds } from '../shared/format.js';
import { inOrder, type Order, SortedHead } from './sorted-head.js';

type Row = ApiSchema<'ProfileComparison'>;

const COLUMNS: readonly { name: string; label: string; value: (row: Row) => number | null; text: Format }[] =
  [
    { name: 'base_count', label: 'Calls, base', value: ({ base }) => base?.count ?? null, text: formatCount },
    {
      name: 'head_count',
      label: 'Calls, compared',
      value: ({ head }) => head?.count ?? null,
      text: formatCount,
    },
    {
      name: 'base_median',
      label: 'Median, base',
      value: ({ base }) => base?.median ?? null,
      text: formatNanoseconds,
    },
    {
      name: 'head_median',
      label: 'Median, compared',
      value: ({ head }) => head?.median ?? null,
      text: formatNanoseconds,
    },
    { name: 'median_ratio', label: 'Ratio of medians', value: (row) => row.median_ratio, text: formatRatio },
    {
      name: 'base_mean',
      label: 'Mean, base',
      value: ({ base }) => base?.mean ?? null,
      text: formatNanoseconds,
    },
    {
      name: 'head_mean',
      label: 'Mean, compared',
      value: ({ head }) => head?.mean ?? null,
      text: formatNanoseconds,
    },
    { name: 'mean_ratio', label: 'Ratio of means', value: (row) => row.mean_ratio, text: formatRatio },
  ];
type Format = (value: number) => string;
/** Less may well be noise. */
const NOTEWORTHY = 0.05;
/** Rows that are shown at first, and added. */
const PAGE_SIZE = 200;

/** Calls of two runs side by side. */
export function ComparisonTable({ rows }: { rows: readonly Row[] }): JSX.Element {
  const [order, setOrder] = useState<Order<string>>({ by: 'median_ratio', descending: true });
  const [shown, setShown] = useState(PAGE_SIZE);
  const column = COLUMNS.find(({ name }) => name === order.by);
  const value = (row: Row): string | number | null =>
    column === undefined ? (order.by === 'target' ? row.target : row.name) : column.value(row);
  const sorted = inOrder(rows, value, order.descending);
  return (
    <>
      <div class="scroll" tabIndex={0} role="region" aria-label="Comparison">
        <table class="calls">
          <caption>Duration of calls. A ratio above 1 means that the compared run is slower.</caption>
          <thead>
            <tr>
              <SortedHead column="target" label="Target" order={order} onOrder={setOrder} number={false} />
              <SortedHead column="name" label="Name" order={order} onOrder={setOrder} number={false} />
              {COLUMNS.map(({ name, label }) => (
                <SortedHead key={name} column={name} label={label} order={order} onOrder={setOrder} />
              ))}
            </tr>
          </thead>
          <tbody>
            {sorted.slice(0, shown).map((row) => (
              <tr key={JSON.stringify([row.target, row.name])}>
                <td>{row.target}</td>
                <td>{row.name}</td>
                {COLUMNS.map(({ name, value: valueOf, text }) => {
                  const found = valueOf(row);
                  return (
                    <td key={name} class={`number ${text === formatRatio ? verdictOn(found) : ''}`}>
                      {found === null ? '–' : text(found)}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {sorted.length > shown && (
        <button type="button" onClick={() => setShown(shown + PAGE_SIZE)}>
          Show {formatCount(Math.min(PAGE_SIZE, sorted.length - shown))} more (
          {formatCount(sorted.length - shown)} left)
        </button>
      )}
    </>
  );
}

/** `1.08 slower` */
function formatRatio(ratio: number): string {
  const number = formatCount(ratio);
  if (ratio > 1 + NOTEWORTHY) return `${number} slower`;
  return ratio < 1 - NOTEWORTHY ? `${number} faster` : number;
}

function verdictOn(ratio: number | null): string {
  if (ratio === null || Math.abs(ratio - 1) <= NOTEWORTHY) return '';
  return ratio > 1 ? 'bad' : 'good';
}
