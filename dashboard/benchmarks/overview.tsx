import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { api, responseData } from '../shared/api.js';
import { formatSpan, shortHash } from '../shared/format.js';
import { useLoaded } from '../shared/loaded.js';
import { Empty, Shown } from '../shared/states.js';
import { Time } from '../shared/time.js';
import { linkTo } from '../shared/url-state.js';
import { NewHostSystem, NewRun } from './create-forms.js';
import { readRuns, type Run } from './run.js';

/** Page size. A benchmark may have megabytes of JSON. */
const PAGE_SIZE = 50;

/** All runs, and forms to compare two runs and to create new ones. */
export function Overview({ peerId }: { peerId: string }): JSX.Element {
  const [count, setCount] = useState(PAGE_SIZE);
  const [runs, reload] = useLoaded((signal) => load(count, signal), [count]);
  return (
    <>
      <Shown of={runs} what="benchmarks" retry={reload}>
        {(loaded) =>
          loaded.length === 0 ? (
            <Empty title="No benchmarks yet.">
              <p>
                Create one below, or with <code>POST /benchmarks</code>: choose a node and a time range. The
                profile is computed from the traces of the node.
              </p>
            </Empty>
          ) : (
            <>
              <RunsTable runs={loaded} />
              {loaded.length === count && (
                <button type="button" onClick={() => setCount(count + PAGE_SIZE)}>
                  Show older benchmarks
                </button>
              )}
              {loaded.length > 1 && <CompareForm runs={loaded} />}
            </>
          )
        }
      </Shown>
      <NewRun peerId={peerId} />
      <NewHostSystem peerId={peerId} />
    </>
  );
}

async function load(count: number, signal: AbortSignal): Promise<Run[]> {
  const runs: Run[] = [];
  while (runs.length < count) {
    const cursor = runs.at(-1)?.id;
    const query = { limit: PAGE_SIZE, ...(cursor !== undefined && { cursor }) };
    const page = readRuns(
      await responseData(api.GET('/benchmarks', { params: { query }, parseAs: 'text', signal })),
    );
    runs.push(...page);
    if (page.length < PAGE_SIZE) break;
  }
  return runs;
}

/** Newest first. */
function RunsTable({ runs }: { runs: readonly Run[] }): JSX.Element {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Benchmarks">
      <table>
        <caption>Benchmarks, newest first</caption>
        <thead>
          <tr>
            <th scope="col">Benchmark</th>
            <th scope="col">Start</th>
            <th scope="col">Duration</th>
            <th scope="col">Node</th>
            <th scope="col">Host system</th>
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => (
            <tr key={run.id}>
              <td class="notes">
                <a href={linkTo('/dashboard/benchmarks/', { id: run.id.toString() })}>{runName(run)}</a>
              </td>
              <td>
                <Time value={run.ts_start ?? run.created_at} />
              </td>
              <td>{durationOf(run)}</td>
              <td class="mono">
                {run.peerId === '' ? (
                  '–'
                ) : (
                  <a href={linkTo('/dashboard/node/', { peer_id: run.peerId })}>{shortHash(run.peerId)}</a>
                )}
              </td>
              <td>{run.host_system_id ?? '–'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** `12: before the change`. Notes are truncated. */
export function runName({ id, description }: Pick<Run, 'id' | 'description'>): string {
  const [line = ''] = description.split('\n');
  const short = line.length > 80 ? `${line.slice(0, 80)}…` : line;
  return short === '' ? id.toString() : `${id}: ${short}`;
}

function durationOf({ ts_start, ts_end }: Run): string {
  if (ts_start === null || ts_end === null) return '–';
  return formatSpan(Date.parse(ts_end) - Date.parse(ts_start));
}

/** Chooses two runs; default: the two newest. */
function CompareForm({ runs }: { runs: readonly Run[] }): JSX.Element {
  const [base, setBase] = useState(runs[1]?.id.toString() ?? '');
  const [head, setHead] = useState(runs[0]?.id.toString() ?? '');
  return (
    <section aria-labelledby="compare">
      <h2 id="compare">Compare two runs</h2>
      <div class="fields">
        <RunField label="Base" value={base} runs={runs} onChange={setBase} />
        <RunField label="Compared" value={head} runs={runs} onChange={setHead} />
        <a class="check" href={linkTo('/dashboard/benchmarks/', { base, head })}>
          Compare
        </a>
      </div>
    </section>
  );
}

interface RunFieldProps {
  label: string;
  value: string;
  runs: readonly Run[];
  onChange: (id: string) => void;
}

function RunField({ label, value, runs, onChange }: RunFieldProps): JSX.Element {
  return (
    <label class="field">
      <span>{label}</span>
      <select value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        {runs.map((run) => (
          <option key={run.id} value={run.id}>
            {runName(run)}
          </option>
        ))}
      </select>
    </label>
  );
}
