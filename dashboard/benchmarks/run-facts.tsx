import type { ComponentChildren, JSX } from 'preact';
import { api, type ApiSchema, responseData } from '../shared/api.js';
import { type ExactJson, isNested, parseExact } from '../shared/exact-json.js';
import { formatCount } from '../shared/format.js';
import { JsonTree } from '../shared/json-tree.js';
import { useLoaded } from '../shared/loaded.js';
import { Shown } from '../shared/states.js';
import { Time } from '../shared/time.js';
import { linkTo } from '../shared/url-state.js';
import type { Run } from './run.js';

/** Properties of a run. */
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

function Fact({ name, children }: { name: string; children: ComponentChildren }): JSX.Element {
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

/** The host system of a run. */
function HostSystem({ id }: { id: number }): JSX.Element {
  const [system, reload] = useLoaded(
    async (signal) => {
      const params = { path: { id } };
      const json = await responseData(api.GET('/host_systems/{id}', { params, parseAs: 'text', signal }));
      const { details } = parseExact(json) as { details: ExactJson };
      return { ...(JSON.parse(json) as ApiSchema<'HostSystem'>), details };
    },
    [id],
  );
  return (
    <details>
      <summary>Host system {id}</summary>
      <Shown of={system} what="the host system" retry={reload}>
        {({ details, ...properties }) => (
          <>
            <dl class="facts">
              {factsOf(properties).map(([name, value]) => (
                <Fact key={name} name={name}>
                  <span class="notes">{value}</span>
                </Fact>
              ))}
            </dl>
            {isNested(details) && <JsonTree value={details} />}
          </>
        )}
      </Shown>
    </details>
  );
}

/** The known properties. */
function factsOf(system: Omit<ApiSchema<'HostSystem'>, 'details'>): [string, string][] {
  const { cpu_qty, cpu_clock, ram_mb, is_virtual_machine } = system;
  const facts: [string, string | null][] = [
    ['Notes', system.description],
    ['Processor', system.cpu_name],
    ['Cores', cpu_qty === null ? null : formatCount(cpu_qty)],
    ['Clock', cpu_clock === null ? null : `${formatCount(cpu_clock)} MHz`],
    ['Architecture', system.arch],
    ['Memory', ram_mb === null ? null : `${formatCount(ram_mb)} MiB`],
    ['Disks', system.disk_info],
    ['Operating system', system.os],
    ['Distribution', system.distro],
    ['Kernel', system.kernel],
    ['Virtual machine', is_virtual_machine === null ? null : is_virtual_machine ? 'yes' : 'no'],
    ['Reported by', system.peer_id],
  ];
  return facts.filter((fact): fact is [string, string] => fact[1] !== null && fact[1] !== '');
}
