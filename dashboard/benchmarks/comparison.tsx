import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { api, type ApiSchema, responseData } from '../shared/api.js';
import { formatCount, formatNanoseconds } from '../shared/format.js';
import { useLoaded } from '../shared/loaded.js';
import { Empty, Shown } from '../shared/states.js';
import { linkTo, type QueryChange } from '../shared/url-state.js';
import { runName } from './overview.js';
import { readRun } from './run.js';
import { ScopeFields } from './scope-fields.js';
import { sortRows, type Order, SortedHead } from './sorted-head.js';

interface ComparisonProps {
  base: number;
  head: number;
  event: string;
  target: string;
  change: (change: QueryChange) => void;
}

/** Durations of calls in two runs. */
export function Comparison({ base, head, event, target, change }: ComparisonProps): JSX.Element {
  const [rows, reload] = useLoaded(
    (signal) => {
      const scope = { ...(event !== '' && { event }), ...(target !== '' && { target }) };
      return responseData(
        api.GET('/benchmarks/compare', { params: { query: { base, head, ...scope } }, signal }),
      );
    },
    [base, head, event, target],
  );
  const [scopes] = useLoaded((signal) => scopesOf([base, head], signal), [base, head]);
  return (
    <>
      <ul>
        <RunLink id={base} label="Base" />
        <RunLink id={head} label="Compared" />
      </ul>
      <p>
        <a
          href={linkTo('/dashboard/benchmarks/', {
            base: head.toString(),
            head: base.toString(),
            event,
            target,
          })}
        >
          Swap
        </a>
      </p>
      <ScopeFields
        event={event}
        events={scopes.value?.events ?? []}
        target={target}
        targets={scopes.value?.targets ?? []}
        change={change}
      />
      <Shown of={rows} what="the comparison" retry={reload}>
        {(loaded) =>
          loaded.length === 0 ? (
            <Empty title="Neither run has traced calls.">
              <p>
                Check that the nodes of both runs send tracing.profiling, and check the start and end of each
                run.
              </p>
            </Empty>
          ) : (
            <ComparisonTable rows={loaded} />
          )
        }
      </Shown>
    </>
  );
}

function RunLink({ id, label }: { id: number; label: string }): JSX.Element {
  const [run] = useLoaded(
    async (signal) =>
      readRun(
        await responseData(
          api.GET('/benchmarks/{id}', { params: { path: { id } }, parseAs: 'text', signal }),
        ),
      ),
    [id],
  );
  return (
    <li class="notes">
      {label}:{' '}
      <a href={linkTo('/dashboard/benchmarks/', { id: id.toString() })}>
        {run.value === undefined ? id : runName(run.value)}
      </a>
    </li>
  );
}

/** The events and targets of all given runs. */
async function scopesOf(
  ids: number[],
  signal: AbortSignal,
): Promise<{ events: string[]; targets: string[] }> {
  const scopes = await Promise.all(
    ids.map(async (id) => {
      const params = { path: { id } };
      const [events, targets] = await Promise.all([
        responseData(api.GET('/benchmarks/{id}/events', { params, signal })),
        responseData(api.GET('/benchmarks/{id}/targets', { params, signal })),
      ]);
      return { events: events.map(({ name }) => name), targets: targets.map(({ target }) => target) };
    }),
  );
  const all = (of: (scope: { events: string[]; targets: string[] }) => string[]): string[] =>
    [...new Set(scopes.flatMap(of))].sort();
  return { events: all(({ events }) => events), targets: all(({ targets }) => targets) };
}

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
/** A smaller difference may be noise. */
const MIN_DIFFERENCE = 0.05;
/** Page size. */
const PAGE_SIZE = 200;

/** Calls of two runs side by side. */
function ComparisonTable({ rows }: { rows: readonly Row[] }): JSX.Element {
  const [order, setOrder] = useState<Order<string>>({ by: 'median_ratio', descending: true });
  const [shown, setShown] = useState(PAGE_SIZE);
  const column = COLUMNS.find(({ name }) => name === order.by);
  const value = (row: Row): string | number | null =>
    column === undefined ? (order.by === 'target' ? row.target : row.name) : column.value(row);
  const sorted = sortRows(rows, value, order.descending);
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
                  const cell = valueOf(row);
                  return (
                    <td key={name} class={`number ${text === formatRatio ? classOf(cell) : ''}`}>
                      {cell === null ? '–' : text(cell)}
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
  if (ratio > 1 + MIN_DIFFERENCE) return `${number} slower`;
  return ratio < 1 - MIN_DIFFERENCE ? `${number} faster` : number;
}

function classOf(ratio: number | null): string {
  if (ratio === null || Math.abs(ratio - 1) <= MIN_DIFFERENCE) return '';
  return ratio > 1 ? 'bad' : 'good';
}
