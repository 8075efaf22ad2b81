import type { JSX } from 'preact';
import { responseData, api } from '../shared/api.js';
import { useLoaded } from '../shared/loaded.js';
import { Empty, Shown } from '../shared/states.js';
import { linkTo, type QueryChange } from '../shared/url-state.js';
import { ComparisonTable } from './comparison-table.js';
import { readRun } from './run.js';
import { runName } from './runs-table.js';
import { ScopeFields } from './scope-fields.js';

interface ComparisonProps {
  base: number;
  head: number;
  event: string;
  target: string;
  change: (change: QueryChange) => void;
}

/** How long calls took in two runs. */
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
        {(found) =>
          found.length === 0 ? (
            <Empty title="Neither run has traced calls.">
              <p>
                Check that the nodes of both runs send tracing.profiling, and check the start and end of each
                run.
              </p>
            </Empty>
          ) : (
            <ComparisonTable rows={found} />
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

/** The events and targets that any of the runs has. */
async function scopesOf(
  ids: number[],
  signal: AbortSignal,
): Promise<{ events: string[]; targets: string[] }> {
  const found = await Promise.all(
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
    [...new Set(found.flatMap(of))].sort();
  return { events: all(({ events }) => events), targets: all(({ targets }) => targets) };
}
