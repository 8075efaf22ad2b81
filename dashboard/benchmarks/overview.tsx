import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { responseData, api } from '../shared/api.js';
import { useLoaded } from '../shared/loaded.js';
import { Empty, Shown } from '../shared/states.js';
import { CompareForm } from './compare-form.js';
import { NewHostSystem } from './new-host-system.js';
import { NewRun } from './new-run.js';
import { readRuns, type Run } from './run.js';
import { RunsTable } from './runs-table.js';

/** Each may have megabytes of JSON. */
const PAGE_SIZE = 50;

/** All runs, what is needed to compare two, and what describes another one. */
export function Overview({ peerId }: { peerId: string }): JSX.Element {
  const [most, setMost] = useState(PAGE_SIZE);
  const [runs, reload] = useLoaded((signal) => load(most, signal), [most]);
  return (
    <>
      <Shown of={runs} what="benchmarks" retry={reload}>
        {(found) =>
          found.length === 0 ? (
            <Empty title="No benchmarks yet.">
              <p>
                Create one below, or with <code>POST /benchmarks</code>: choose a node and a time range. The
                profile is computed from the traces of the node.
              </p>
            </Empty>
          ) : (
            <>
              <RunsTable runs={found} />
              {found.length === most && (
                <button type="button" onClick={() => setMost(most + PAGE_SIZE)}>
                  Show older benchmarks
                </button>
              )}
              {found.length > 1 && <CompareForm runs={found} />}
            </>
          )
        }
      </Shown>
      <NewRun peerId={peerId} />
      <NewHostSystem peerId={peerId} />
    </>
  );
}

async function load(most: number, signal: AbortSignal): Promise<Run[]> {
  const runs: Run[] = [];
  while (runs.length < most) {
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
