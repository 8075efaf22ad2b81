import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { api, type ApiSchema, responseData } from '../shared/api.js';
import { formatCount, formatNanoseconds } from '../shared/format.js';
import { useLoaded } from '../shared/loaded.js';
import { Empty, Shown } from '../shared/states.js';
import type { QueryChange } from '../shared/url-state.js';
import { ScopeFields } from './scope-fields.js';
import { sortRows, type Order, SortedHead } from './sorted-head.js';

interface ProfileProps {
  id: number;
  event: string;
  events: readonly ApiSchema<'BenchmarkEvent'>[];
  target: string;
  change: (change: QueryChange) => void;
}

/** Durations of calls in the whole run or during an event. */
export function Profile({ id, event, events, target, change }: ProfileProps): JSX.Element {
  const [profile, reload] = useLoaded(
    (signal) => {
      const query = { ...(event !== '' && { event }), ...(target !== '' && { target }) };
      return responseData(api.GET('/benchmarks/{id}/profile', { params: { path: { id }, query }, signal }));
    },
    [id, event, target, events],
  );
  const [targets] = useLoaded(
    (signal) => responseData(api.GET('/benchmarks/{id}/targets', { params: { path: { id } }, signal })),
    [id],
  );
  return (
    <section aria-labelledby="profile">
      <h2 id="profile">Profile</h2>
      <ScopeFields
        event={event}
        events={[...new Set(events.map(({ name }) => name))]}
        target={target}
        targets={(targets.value ?? []).map((entry) => entry.target)}
        change={change}
      />
      <Shown of={profile} what="the profile" retry={reload}>
        {(entries) =>
          entries.length === 0 ? (
            <Empty title="No traced calls in this time range.">
              <p>
                Check that the node sends <code>tracing.profiling</code>, and check the node, start and end of
                the run.
              </p>
            </Empty>
          ) : (
            <ProfileTable entries={entries} />
          )
        }
      </Shown>
    </section>
  );
}

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
/** Page size. */
const PAGE_SIZE = 100;

/** Calls by target and name, with bars in the sorted column. */
function ProfileTable({ entries }: { entries: readonly Entry[] }): JSX.Element {
  const [order, setOrder] = useState<Order<Statistic | 'target' | 'name'>>({ by: 'total', descending: true });
  const [shown, setShown] = useState(PAGE_SIZE);
  const { by } = order;
  const value = (entry: Entry): string | number =>
    by === 'target' || by === 'name' ? entry[by] : statisticOf(entry, by);
  const barColumn = by === 'target' || by === 'name' ? 'total' : by;
  const max = Math.max(...entries.map((entry) => statisticOf(entry, barColumn)));
  const rows = sortRows(entries, value, order.descending);
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
                    {statistic === barColumn && <Bar ratio={statisticOf(entry, statistic) / max} />}
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

/** Hidden from screen readers: the cell contains the number. */
function Bar({ ratio }: { ratio: number }): JSX.Element {
  const width = Number.isFinite(ratio) ? Math.max(0, ratio) * 100 : 0;
  return <span class="bar" aria-hidden="true" style={{ width: `${width}%` }} />;
}

function statisticOf(entry: Entry, statistic: Statistic): number {
  return statistic === 'total' ? entry.mean * entry.count : entry[statistic];
}
