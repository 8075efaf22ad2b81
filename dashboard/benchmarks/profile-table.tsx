import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { ApiSchema } from '../shared/api.js';
import { formatCount, formatNanoseconds } from '../shared/format.js';
import { inOrder, type Order, SortedHead } from './sorted-head.js';

type Entry = ApiSchema<'ProfileEntry'>;
const STATISTICS = {
  total: 'Total',
  count: 'Calls',
  mean: 'Mean',
  median: 'Median',
  p90: '90th percentile',
  min: 'Minimum',
  max: 'Maximum',
} as const;
type Statistic = keyof typeof STATISTICS;
const NAMES = Object.keys(STATISTICS) as Statistic[];
/** Rows that are shown at first, and added. */
const PAGE_SIZE = 100;

/** The calls of each target and name, with bars in the column by which they are sorted. */
export function ProfileTable({ entries }: { entries: readonly Entry[] }): JSX.Element {
  const [order, setOrder] = useState<Order<Statistic | 'target' | 'name'>>({ by: 'total', descending: true });
  const [shown, setShown] = useState(PAGE_SIZE);
  const { by } = order;
  const value = (entry: Entry): string | number =>
    by === 'target' || by === 'name' ? entry[by] : statisticOf(entry, by);
  const barred = by === 'target' || by === 'name' ? 'total' : by;
  const longest = Math.max(...entries.map((entry) => statisticOf(entry, barred)));
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
              {NAMES.map((statistic) => (
                <SortedHead
                  key={statistic}
                  column={statistic}
                  label={STATISTICS[statistic]}
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
                {NAMES.map((statistic) => (
                  <td key={statistic} class="number">
                    {statistic === 'count'
                      ? formatCount(entry.count)
                      : formatNanoseconds(statisticOf(entry, statistic))}
                    {statistic === barred && <Bar part={statisticOf(entry, statistic) / longest} />}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {rows.length > shown && (
        <button type="button" onClick={() => setShown(shown + PAGE_SIZE)}>
          Show {formatCount(Math.min(PAGE_SIZE, rows.length - shown))} more (
          {formatCount(rows.length - shown)} left)
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

function statisticOf(entry: Entry, statistic: Statistic): number {
  return statistic === 'total' ? entry.mean * entry.count : entry[statistic];
}
