import type { JSX } from 'preact';
import { type ApiSchema, responseData, api } from '../shared/api.js';
import { formatBytes, formatCount } from '../shared/format.js';
import { useLoaded } from '../shared/loaded.js';
import { Empty, Shown } from '../shared/states.js';
import { Time } from '../shared/time.js';
import { FactList } from './facts.js';

const SCORES = [
  ['cpu_hashrate_score', 'Hash rate, one core (BLAKE2b-256)'],
  ['parallel_cpu_hashrate_score', 'Hash rate, several cores'],
  ['memory_memcpy_score', 'Memory copy'],
  ['disk_sequential_write_score', 'Disk, sequential write'],
  ['disk_random_write_score', 'Disk, random write'],
] as const;

type Fields = Record<string, unknown>;

/** The hardware of a node and its benchmark, as reported by the node. */
export function Hardware({ node }: { node: ApiSchema<'NodeDetail'> }): JSX.Element {
  const { peer_id } = node;
  const [benchmark, reload] = useLoaded(
    async (signal) => {
      const query = { peer_id, msg: 'sysinfo.hwbench', limit: 1 };
      return (await responseData(api.GET('/nodes/logs', { params: { query }, signal })))[0] ?? null;
    },
    [peer_id],
  );
  return (
    <section aria-labelledby="hardware">
      <h2 id="hardware">Hardware</h2>
      <SystemInfo node={node} />
      <Shown of={benchmark} what="the hardware benchmark" retry={reload}>
        {(message) =>
          message === null ? (
            <p class="muted">
              This node has sent no hardware benchmark. Nodes of the Polkadot SDK send one when they start,
              unless it is disabled.
            </p>
          ) : (
            <Benchmark at={message.created_at} scores={message.logs} />
          )
        }
      </Shown>
    </section>
  );
}

function SystemInfo({ node }: { node: ApiSchema<'NodeDetail'> }): JSX.Element {
  const sysinfo = node.sysinfo;
  const system = [node.target_os, node.target_arch, node.target_env]
    .filter((part) => part !== null)
    .join(', ');
  if (sysinfo === null && system === '') {
    return (
      <Empty title="This node does not report its hardware.">
        <p>Nodes of the Polkadot SDK report it.</p>
      </Empty>
    );
  }
  const { cpu, core_count, memory, linux_kernel, linux_distro, is_virtual_machine } = sysinfo ?? {};
  return (
    <FactList
      facts={[
        ['Processor', text(cpu)],
        ['Cores', typeof core_count === 'number' ? formatCount(core_count) : null],
        ['Memory', typeof memory === 'number' ? formatBytes(memory) : null],
        [
          'Virtual machine',
          typeof is_virtual_machine === 'boolean' ? (is_virtual_machine ? 'Yes' : 'No') : null,
        ],
        ['Built for', system],
        ['Kernel', text(linux_kernel)],
        ['Distribution', text(linux_distro)],
      ]}
    />
  );
}

function Benchmark({ at, scores }: { at: string; scores: Fields }): JSX.Element {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Hardware benchmark">
      <table class="benchmark">
        <caption>
          Hardware benchmark of <Time value={at} />. Higher is better.
        </caption>
        <thead>
          <tr>
            <th scope="col">Test</th>
            <th scope="col" class="number">
              Score
            </th>
          </tr>
        </thead>
        <tbody>
          {SCORES.map(([name, what]) => (
            <tr key={name}>
              <th scope="row">{what}</th>
              <td class="number">
                {typeof scores[name] === 'number' ? `${formatCount(scores[name])}\u00a0MB/s` : '–'}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** A text field of a node, which may have another type. */
function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
