import type { JSX } from 'preact';
import { formatSpan, shortHash } from '../shared/format.js';
import { Time } from '../shared/time.js';
import { linkTo } from '../shared/url-state.js';
import type { Run } from './run.js';

/** Newest first. */
export function RunsTable({ runs }: { runs: readonly Run[] }): JSX.Element {
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
              <td>{lasted(run)}</td>
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

/** `12: before the change`; notes may be long. */
export function runName({ id, description }: Pick<Run, 'id' | 'description'>): string {
  const [line = ''] = description.split('\n');
  const short = line.length > 80 ? `${line.slice(0, 80)}…` : line;
  return short === '' ? id.toString() : `${id}: ${short}`;
}

function lasted({ ts_start, ts_end }: Run): string {
  if (ts_start === null || ts_end === null) return '–';
  return formatSpan(Date.parse(ts_end) - Date.parse(ts_start));
}
