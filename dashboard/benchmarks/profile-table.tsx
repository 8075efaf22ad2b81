import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Answer } from '../shared/api.js';
import { formatCount, formatNanoseconds } from '../shared/format.js';
import { inOrder, type Order, SortedHead } from './sorted-head.js';

type Entry = Answer<'ProfileEntry'>;
const FIGURES = {
  total: 'Total',
  count: 'Calls',
  mean: 'Mean',
  median: 'Median',
  p90: '90th percentile',
  min: 'Minimum',
  max: 'Maximum',
} as const;
type Figure = keyof typeof FIGURES;
const NAMES = Object.keys(FIGURES) as Figure[];
/** Rows that are shown at first, and added. */
const PIECE = 100;

/** The calls of each target and name, with bars in the column by which they are sorted. */
export function ProfileTable({ entries }: { entries: readonly Entry[] }): JSX.Element {
  const [order, setOrder] = useState<Order<Figure | 'target' | 'name'>>({ by: 'total', descending: true });
  const [shown, setShown] = useState(PIECE);
  const { by } = order;
  const value = (entry: Entry): string | number =>
    by === 'target' || by === 'name' ? entry[by] : figureOf(entry, by);
  const barred = by === 'target' || by === 'name' ? 'total' : by;
  const longest = Math.max(...entries.map((entry) => figureOf(entry, barred)));
  const rows = inOrder(entries, value, order.descending);
  return (
    <>
      <div class="scroll" tabIndex={0} role="region" aria-label="Profile">
        <table class="calls">
          <caption>
            Duration of calls by target and name. The total is the mean multiplied by the number of calls. A
            nested call counts in its parent, too.
          </caption>
          <thead>
            <tr>
              <SortedHead column="target" label="Target" order={order} onOrder={setOrder} number={false} />
              <SortedHead column="name" label="Name" order={order} onOrder={setOrder} number={false} />
              {NAMES.map((figure) => (
                <SortedHead
                  key={figure}
                  column={figure}
                  label={FIGURES[figure]}
                  order={order}
                  onOrder={setOrder}
                />
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, shown).map((entry) => (
              <tr key={JSON.stringify([entry.target, entry.name])}>
                <td>{entry.target}</td>
                <td>{entry.name}</td>
                {NAMES.map((figure) => (
                  <td key={figure} class="number">
                    {figure === 'count'
                      ? formatCount(entry.count)
                      : formatNanoseconds(figureOf(entry, figure))}
                    {figure === barred && <Bar part={figureOf(entry, figure) / longest} />}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {rows.length > shown && (
        <button type="button" onClick={() => setShown(shown + PIECE)}>
          Show {formatCount(Math.min(PIECE, rows.length - shown))} more ({formatCount(rows.length - shown)}{' '}
          left)
        </button>
      )}
    </>
  );
}

/** The number is beside it. */
function Bar({ part }: { part: number }): JSX.Element {
  const width = Number.isFinite(part) ? Math.max(0, part) * 100 : 0;
  return <span class="bar" aria-hidden="true" style={{ width: `${width}%` }} />;
}

function figureOf(entry: Entry, figure: Figure): number {
  return figure === 'total' ? entry.mean * entry.count : entry[figure];
}
