import type { JSX } from 'preact';
import { type ApiSchema, responseData, api } from '../shared/api.js';
import { type ExactJson, isNested, parseExact } from '../shared/exact-json.js';
import { formatCount } from '../shared/format.js';
import { JsonTree } from '../shared/json-tree.js';
import { useLoaded } from '../shared/loaded.js';
import { Shown } from '../shared/states.js';
import { Fact } from './run-facts.js';

/** The computer that a run was on. */
export function HostSystem({ id }: { id: number }): JSX.Element {
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
        {({ details, ...found }) => (
          <>
            <dl class="facts">
              {factsOf(found).map(([name, value]) => (
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

/** What is known of it. */
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
