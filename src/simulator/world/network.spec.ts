import { describe, expect, it } from 'vitest';
import type { NodeMessage } from '../nodes/telemetry-emitter.js';
import { SimulatedNetwork } from './network.js';

const startAt = Date.UTC(2021, 1, 9, 9);

const take = (
  seconds: number,
  options: { nodes?: number; seed?: number; audit?: number } = {},
): NodeMessage[] => {
  const network = new SimulatedNetwork({ nodes: 20, seed: 1, audit: 0.2, startAt, ...options });
  const taken: NodeMessage[] = [];
  for (const message of network.messages()) {
    if (message.at >= startAt + seconds * 1000) break;
    taken.push(message);
  }
  return taken;
};

/** The fields of a message in either envelope. */
const fieldsOf = ({ text }: NodeMessage): Record<string, unknown> => {
  const frame = JSON.parse(text) as Record<string, unknown>;
  return (frame.payload ?? frame) as Record<string, unknown>;
};

const texts = (messages: readonly NodeMessage[]) => messages.map(({ text }) => text);
const all = take(120);
const of = (msg: string) => all.filter((message) => message.msg === msg);

describe('the messages of a network', () => {
  it('are equal for the same seed', () => {
    expect(texts(take(120))).toEqual(texts(all));
  });

  it('differ for another seed', () => {
    const common = new Set(texts(take(30, { seed: 2 })));
    expect(texts(all).filter((text) => common.has(text))).toEqual([]);
  });

  it('are ordered by time', () => {
    for (const [index, { at }] of all.entries())
      expect(at).toBeGreaterThanOrEqual(all[index - 1]?.at ?? startAt);
  });

  it('is JSON in the envelope of the node, with its type and a time stamp of nanoseconds', () => {
    for (const message of all) {
      const frame = JSON.parse(message.text) as Record<string, unknown>;
      const { envelope } = message.node.profile;
      expect(fieldsOf(message).msg).toBe(message.msg);
      expect(frame.ts).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}[+-]\d\d:\d\d$/);
      if (envelope.form === 'flat') expect(frame).toMatchObject({ msg: message.msg, level: 'INFO' });
      else expect(Object.keys(frame).sort()).toEqual(['id', 'payload', 'ts']);
    }
  });

  it('stamps each message with the time of sending, give or take the error of the clock of the node', () => {
    for (const { at, text } of all) {
      const { ts } = JSON.parse(text) as { ts: string };
      expect(Math.abs(Date.parse(ts) - at)).toBeLessThanOrEqual(301);
    }
  });

  it('start immediately', () => {
    expect(all[0]?.at).toBeLessThan(startAt + 100);
  });

  it('start with system.connected for each node', () => {
    const first = new Map<unknown, string>();
    for (const { node, msg } of all) if (!first.has(node)) first.set(node, msg);
    expect([...first.values()]).toEqual(Array.from({ length: 20 }, () => 'system.connected'));
  });
});

describe('system.connected', () => {
  it('has every field of its envelope', () => {
    for (const message of of('system.connected')) {
      const { name, chain, implementation, version, config, ...rest } = fieldsOf(message);
      for (const text of [name, implementation, version]) expect(text).toMatch(/./);
      expect(chain).toMatch(/^Simnet/);
      expect(config).toBe('');
      expect(rest.authority).toBeTypeOf('boolean');
      expect(rest.network_id).toMatch(/^(12D3Koo|Qm)/);
      expect(rest.startup_time).toMatch(/^\d{13}$/);
      const nested = message.node.profile.envelope.form === 'nested';
      expect('genesis_hash' in rest).toBe(nested);
    }
  });

  it('includes the hardware for new builds', () => {
    const machines = of('system.connected')
      .map(fieldsOf)
      .filter(({ sysinfo }) => sysinfo !== undefined);
    expect(machines.length).toBeGreaterThan(0);
    for (const fields of machines) {
      expect(fields).toMatchObject({ target_os: 'linux', target_arch: 'x86_64', target_env: 'gnu' });
      expect(Object.keys(fields.sysinfo as object)).toEqual([
        'cpu',
        'memory',
        'core_count',
        'linux_kernel',
        'linux_distro',
        'is_virtual_machine',
      ]);
    }
  });
});

describe('the chain in messages', () => {
  it('grows at every node; finalized heights never exceed best heights', () => {
    const best = new Map<unknown, number>();
    const final = new Map<unknown, number>();
    for (const message of all) {
      const { height, origin } = fieldsOf(message);
      if (message.msg === 'block.import') {
        expect(['NetworkBroadcast', 'NetworkInitialSync', 'Own']).toContain(origin);
        expect(height).toBeGreaterThan(best.get(message.node) ?? 0);
        best.set(message.node, height as number);
      } else if (message.msg === 'notify.finalized') {
        expect(height).toMatch(/^\d+$/);
        expect(Number(height)).toBeGreaterThan(final.get(message.node) ?? 0);
        expect(Number(height)).toBeLessThanOrEqual(best.get(message.node) ?? 0);
        final.set(message.node, Number(height));
      }
    }
    expect(best.size).toBe(20);
    expect(final.size).toBe(20);
  });

  it('has one hash for each height', () => {
    const hashes = new Map<string, unknown>();
    for (const message of of('block.import')) {
      const { height, best } = fieldsOf(message);
      const key = `${message.node.profile.chain.name} ${String(height)}`;
      expect(best).toBe(hashes.get(key) ?? best);
      expect(best).toMatch(/^0x[0-9a-f]{64}$/);
      hashes.set(key, best);
    }
  });

  it('has nodes that catch up and nodes that author blocks', () => {
    const origins = new Set(of('block.import').map((message) => fieldsOf(message).origin));
    expect(origins).toEqual(new Set(['NetworkBroadcast', 'NetworkInitialSync', 'Own']));
  });

  it('lists authorities as JSON in a string', () => {
    expect(of('afg.authority_set').length).toBeGreaterThan(0);
    for (const { authorities, authority_id } of of('afg.authority_set').map(fieldsOf)) {
      expect(JSON.parse(authorities as string)).toContain(authority_id);
    }
  });
});

describe('reports', () => {
  it('are split or joint, depending on the build', () => {
    const keys = new Set(
      of('system.interval').map((message) => Object.keys(fieldsOf(message)).sort().join()),
    );
    expect(keys).toContain('bandwidth_download,bandwidth_upload,msg,peers');
    expect(keys).toContain('best,finalized_hash,finalized_height,height,msg,txcount,used_state_cache_size');
    expect(keys.size).toBe(3);
  });

  it('have finalized heights up to the best height', () => {
    for (const { finalized_height: final, height } of of('system.interval').map(fieldsOf)) {
      if (height !== undefined) expect(final).toBeLessThanOrEqual(height as number);
    }
  });

  it('are sent about every five seconds by every node', () => {
    for (const node of new Set(all.map((message) => message.node))) {
      const times = new Set(
        of('system.interval')
          .filter((message) => message.node === node)
          .map(({ at }) => at),
      );
      expect(times.size).toBeGreaterThanOrEqual(22);
      expect(times.size).toBeLessThanOrEqual(25);
    }
  });

  it('include the size of the transaction pool', () => {
    expect(of('txpool.import').length).toBeGreaterThan(100);
    for (const { ready, future } of of('txpool.import').map(fieldsOf)) {
      expect(ready).toBeTypeOf('number');
      expect(future).toBeTypeOf('number');
    }
  });

  it('have reputations in both formats, within 32 bits', () => {
    const shapes = new Set<string>();
    for (const message of of('system.network_state')) {
      const { state } = fieldsOf(message) as { state: { peerId: string; peerset: Record<string, unknown> } };
      const sets = (state.peerset.sets ?? [state.peerset]) as {
        nodes: Record<string, { reputation: number }>;
      }[];
      shapes.add('sets' in state.peerset ? 'sets' : 'nodes');
      expect(state.peerId).toBe(message.node.profile.peerId);
      for (const { nodes } of sets) {
        expect(Object.keys(nodes).length).toBeGreaterThan(0);
        expect(nodes).not.toHaveProperty(state.peerId);
        for (const { reputation } of Object.values(nodes)) expect(reputation | 0).toBe(reputation);
      }
    }
    expect(shapes).toEqual(new Set(['sets', 'nodes']));
  });
});

describe('traces', () => {
  it('have exact 64-bit span ids', () => {
    const ids = of('tracing.profiling').flatMap(({ text }) => /"id":(\d{16,})/.exec(text)?.[1] ?? []);
    expect(ids.length).toBeGreaterThan(100);
    expect(ids.every((id) => BigInt(id) > 2n ** 53n && BigInt(id) < 2n ** 64n)).toBe(true);
    const rounded = ids.filter((id) => BigInt(Number(id)) !== BigInt(id));
    expect(rounded.length).toBeGreaterThan(ids.length * 0.9);
  });

  it('refer to their parent span', () => {
    const parents = of('tracing.profiling').flatMap(({ text }) => /"parent_id":(\d+)/.exec(text)?.[1] ?? []);
    const ids = new Set(
      of('tracing.profiling').flatMap(({ text }) => /"id":(\d{16,})/.exec(text)?.[1] ?? []),
    );
    expect(parents.length).toBeGreaterThan(100);
    expect(parents.every((id) => ids.has(id))).toBe(true);
  });

  it('have the time as a number, or as a string in some flat builds', () => {
    const kinds = of('tracing.profiling').map(
      (message) => `${message.node.profile.envelope.form} ${typeof fieldsOf(message).time}`,
    );
    expect(new Set(kinds)).toEqual(new Set(['nested number', 'flat number', 'flat string']));
  });
});

describe('the hosts of a network', () => {
  const paths = (audit: number) =>
    new SimulatedNetwork({ nodes: 60, seed: 1, audit, startAt }).hosts.map(({ path }) => path);
  const audited = (audit: number) => paths(audit).filter((path) => path.startsWith('/audit'));

  it('send to /audit with the configured share', () => {
    expect(audited(0)).toHaveLength(0);
    expect(audited(0.2)).toHaveLength(10);
    expect(audited(1)).toHaveLength(50);
  });

  it('have the configured number of nodes, some of which share a socket with different ids', () => {
    for (const nodes of [1, 2, 3, 7, 20]) {
      expect(new SimulatedNetwork({ nodes, seed: 1, audit: 0, startAt }).nodes).toHaveLength(nodes);
    }
    const { hosts } = new SimulatedNetwork({ nodes: 7, seed: 1, audit: 0, startAt });
    const shared = hosts.find((host) => host.nodes.length === 2);
    expect(shared?.nodes.map(({ profile }) => profile.envelope)).toMatchObject([{ id: 1 }, { id: 2 }]);
    expect(hosts.map(({ software }) => software.frames)).toContain('text');
  });
});
