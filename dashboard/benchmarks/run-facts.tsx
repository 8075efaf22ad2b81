import type { ComponentChildren, JSX } from 'preact';
import type { ExactJson } from '../shared/exact-json.js';
import { isNested } from '../shared/exact-json.js';
import { JsonTree } from '../shared/json-tree.js';
import { Time } from '../shared/time.js';
import { linkTo } from '../shared/url-state.js';
import { HostSystem } from './host-system.js';
import type { Run } from './run.js';

/** What is said of a run. */
export function RunFacts({ run }: { run: Run }): JSX.Element {
  const { description, created_at, ts_start, ts_end, peerId, host_system_id } = run;
  return (
    <>
      <dl class="facts">
        <Fact name="Notes">
          <span class="notes">{description || '–'}</span>
        </Fact>
        <Fact name="Start">{ts_start === null ? 'not set' : <Time value={ts_start} precise />}</Fact>
        <Fact name="End">{ts_end === null ? 'not set' : <Time value={ts_end} precise />}</Fact>
        <Fact name="Created">
          <Time value={created_at} />
        </Fact>
        <Fact name="Node">
          {peerId === '' ? (
            'none'
          ) : (
            <a class="mono" href={linkTo('/dashboard/node/', { peer_id: peerId })}>
              {peerId}
            </a>
          )}
        </Fact>
      </dl>
      {host_system_id !== null && <HostSystem id={host_system_id} />}
      <Spec name="Setup" value={run.setup} />
      <Spec name="Benchmark spec" value={run.benchmark_spec} />
      <Spec name="Chain spec" value={run.chain_spec} />
    </>
  );
}

export function Fact({ name, children }: { name: string; children: ComponentChildren }): JSX.Element {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

function Spec({ name, value }: { name: string; value: ExactJson | undefined }): JSX.Element | null {
  if (value === undefined || !isNested(value)) return null;
  return (
    <details>
      <summary>{name}</summary>
      <JsonTree value={value} />
    </details>
  );
}
