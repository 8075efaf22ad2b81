import type { JSX } from 'preact';
import { type Answer, answerOf, api } from '../shared/api.js';
import { formatBytes, formatCount } from '../shared/format.js';
import { useLoaded } from '../shared/loaded.js';
import { Empty, Shown } from '../shared/states.js';
import { Time } from '../shared/time.js';
import { FactList } from './facts.js';

const SCORES = [
  ['cpu_hashrate_score', 'Hashing on one core (BLAKE2b-256)'],
  ['parallel_cpu_hashrate_score', 'Hashing on several cores at once'],
  ['memory_memcpy_score', 'Copying memory'],
  ['disk_sequential_write_score', 'Writing to the disk, block after block'],
  ['disk_random_write_score', 'Writing to the disk, here and there'],
] as const;

type Fields = Record<string, unknown>;

/** The computer that a node runs on, and how fast that is, as the node reports both. */
export function Hardware({ node }: { node: Answer<'NodeDetail'> }): JSX.Element {
  const { peer_id } = node;
  const [benchmark, reload] = useLoaded(
    async (signal) => {
      const query = { peer_id, msg: 'sysinfo.hwbench', limit: 1 };
      return (await answerOf(api.GET('/nodes/logs', { params: { query }, signal })))[0] ?? null;
    },
    [peer_id],
  );
  return (
    <section aria-labelledby="hardware">
      <h2 id="hardware">Hardware</h2>
      <Computer node={node} />
      <Shown of={benchmark} what="the hardware benchmark" retry={reload}>
        {(message) =>
          message === null ? (
            <p class="muted">
              It has sent no hardware benchmark: nodes of the Polkadot SDK do so when they start, unless they
              were told not to.
            </p>
          ) : (
            <Benchmark at={message.created_at} scores={message.logs} />
          )
        }
      </Shown>
    </section>
  );
}

function Computer({ node }: { node: Answer<'NodeDetail'> }): JSX.Element {
  const sysinfo = node.sysinfo;
  const system = [node.target_os, node.target_arch, node.target_env]
    .filter((part) => part !== null)
    .join(', ');
  if (sysinfo === null && system === '') {
    return (
      <Empty title="It does not tell what it runs on.">
        <p>Nodes of the Polkadot SDK do.</p>
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
          Hardware benchmark of <Time value={at} />: more is faster
        </caption>
        <thead>
          <tr>
            <th scope="col">What</th>
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

/** Whatever a node sends where a text is due. */
function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
