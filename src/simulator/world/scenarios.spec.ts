import { describe, expect, it } from 'vitest';
import type { NetworkEvent, NodeMessage } from '../nodes/telemetry-emitter.js';
import type { SimulatedNode } from '../nodes/simulated-node.js';
import { loadScenario } from '../scenarios/load-scenario.js';
import { readScenario, type ScenarioFile } from '../scenarios/scenario.js';
import { SimulatedNetwork } from './network.js';

const startAt = Date.UTC(2021, 1, 9, 9);

function run(
  scenario: ScenarioFile,
  minutes: number,
): { network: SimulatedNetwork; events: NetworkEvent[]; sent: NodeMessage[] } {
  const network = new SimulatedNetwork({ scenario: readScenario(scenario), seed: 1, startAt });
  const events: NetworkEvent[] = [];
  for (const event of network.events()) {
    if (event.at >= startAt + minutes * 60_000) break;
    events.push(event);
  }
  return { network, events, sent: events.filter((event) => event.kind === 'message') };
}

function fieldsOf({ text }: NodeMessage): Record<string, unknown> {
  const frame = JSON.parse(text) as Record<string, unknown>;
  return (frame.payload ?? frame) as Record<string, unknown>;
}

function groupBy<T, K>(items: readonly T[], keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}

function byNode(sent: readonly NodeMessage[]): Map<SimulatedNode, NodeMessage[]> {
  return groupBy(sent, ({ node }) => node);
}

describe('the messages of a scenario', () => {
  it.each(['troubled', 'mainnet', 'forks'])('are the same for the same seed: %s', (name) => {
    const scenario = { ...loadScenario(name), nodes: 25 };
    const texts = () => run(scenario, 3).sent.map(({ text }) => text);
    expect(texts()).toEqual(texts());
  });
});

describe('an outage of the collector', () => {
  const scenario: ScenarioFile = {
    nodes: 12,
    urlsGivenTwice: 0.2,
    software: { tetcore: 1, 'substrate-2': 1 },
    reconnecting: { share: 0.5, everyMinutes: 2, awaySeconds: [20, 90] },
    outages: [
      { afterMinutes: 2, forMinutes: 1 },
      { afterMinutes: 2.5, forMinutes: 1.5 },
      { afterMinutes: 8, forMinutes: 0.5, everyHours: 0.1 },
    ],
  };
  const { network, events, sent } = run(scenario, 20);
  const outages = [
    { from: 2, to: 4 },
    { from: 8, to: 8.5 },
    { from: 14, to: 14.5 },
  ].map(({ from, to }) => ({ from: startAt + from * 60_000, to: startAt + to * 60_000 }));

  it('starts and ends as configured; overlapping outages are merged', () => {
    const changes = events.filter(({ kind }) => kind.startsWith('collector_'));
    expect(changes).toEqual(
      outages.flatMap(({ from, to }) => [
        { kind: 'collector_lost', at: from },
        { kind: 'collector_back', at: to },
      ]),
    );
  });

  it('closes all sockets at once; none opens and no node sends before its end', () => {
    for (const { from, to } of outages) {
      const open = new Set<number>();
      for (const event of events) {
        if (event.at >= from) break;
        if (event.kind === 'connected') open.add(event.host.index);
        if (event.kind === 'disconnected') open.delete(event.host.index);
      }
      expect(open.size).toBeGreaterThan(8);
      const within = events.filter(({ at, kind }) => at >= from && at < to && kind !== 'collector_lost');
      const lost = new Set(within.map((event) => event.kind === 'disconnected' && event.host.index));
      expect(lost).toEqual(open);
      expect(within).toHaveLength(open.size);
      expect(new Set(within.map(({ at }) => at))).toEqual(new Set([from]));
    }
  });

  it('ends for each node with its reconnect, which starts with system.connected', () => {
    for (const { to } of outages) {
      for (const host of network.hosts) {
        const next = events.find(
          (event) => event.at >= to && event.kind === 'connected' && event.host === host,
        );
        const [, longest] = host.software.redialMs;
        // One that was away by itself may be so for longer.
        const away = host.greetsOnly ? 0 : 90_000;
        expect(next?.at).toBeLessThanOrEqual(to + longest + away);
        const first = sent.find(({ at, node }) => at >= to && node.host === host.index);
        expect(first).toMatchObject({ at: next?.at, msg: 'system.connected' });
      }
    }
  });

  it('does not change earlier messages', () => {
    const before = (given: ScenarioFile) => run(given, 2).sent.map(({ text }) => text);
    expect(before({ ...scenario, outages: [] })).toEqual(before(scenario));
  });

  it('at the start of a network delays its nodes', () => {
    const late = run({ nodes: 5, outages: [{ afterMinutes: 0, forMinutes: 0.5 }] }, 1);
    expect(late.events[0]).toEqual({ kind: 'collector_lost', at: startAt });
    expect(late.events.find(({ kind }) => kind === 'connected')?.at).toBeGreaterThanOrEqual(startAt + 30_000);
    expect(byNode(late.sent).size).toBe(5);
  });
});

describe('a chain with forks', () => {
  const { sent, network } = run(loadScenario('forks'), 20);
  const imports = sent
    .filter(({ msg }) => msg === 'block.import')
    .map(
      (message) => ({ ...message, ...fieldsOf(message) }) as NodeMessage & { best: string; height: number },
    );
  const hashes = groupBy(imports, ({ height }) => height);

  it('has competing blocks at some heights, which every node imports', () => {
    const rivals = [...hashes.values()]
      .map((atHeight) => groupBy(atHeight, ({ best }) => best))
      .filter(({ size }) => size > 1);
    expect(rivals.length).toBeGreaterThan(20);
    const whole = rivals.slice(0, -5);
    for (const atHeight of whole) {
      expect(atHeight.size).toBe(2);
      for (const ofBlock of atHeight.values()) {
        // Each node imports a block once.
        expect(new Set(ofBlock.map(({ node }) => node)).size).toBe(ofBlock.length);
        expect(ofBlock.length).toBe(network.nodes.length);
      }
    }
  });

  it('finalizes one block at each height, and nodes converge', () => {
    const final = new Map<unknown, unknown>();
    for (const message of sent.filter(({ msg }) => msg === 'notify.finalized')) {
      const { best, height } = fieldsOf(message);
      expect(final.get(height) ?? best).toBe(best);
      final.set(height, best);
    }
    expect(final.size).toBeGreaterThan(50);
  });

  it('lets nodes switch to a longer branch', () => {
    const final = new Map(
      sent
        .filter(({ msg }) => msg === 'notify.finalized')
        .map(fieldsOf)
        .map(({ height, best }) => [height, best]),
    );
    const left = sent
      .filter(({ msg }) => msg === 'system.interval')
      .map((message) => fieldsOf(message) as { height?: number; best: string })
      .filter(({ height, best }) => (final.get(height?.toString()) ?? best) !== best);
    expect(left.length).toBeGreaterThan(0);
  });
});

describe('authors', () => {
  it('build on their own best block, also on both branches of a fork', () => {
    let [blocks, rivals] = [0, 0];
    const heights = new Set<number>();
    const network = new SimulatedNetwork({
      scenario: loadScenario('forks'),
      seed: 2,
      startAt,
      observer: {
        block: (_, { height, parent }, author) => {
          expect(author?.best).toBe(parent);
          blocks += 1;
          if (heights.has(height)) rivals += 1;
          heights.add(height);
        },
      },
    });
    for (const { at } of network.events()) if (at >= startAt + 20 * 60_000) break;
    expect(blocks).toBeGreaterThan(200);
    expect(rivals).toBeGreaterThan(20);
  });
});

describe('a chain whose finality stalls', () => {
  const { sent } = run(
    {
      nodes: 6,
      chains: [
        {
          name: 'A',
          authors: 1,
          finality: { stalls: [{ afterMinutes: 5, forMinutes: 10 }], catchUpBlocks: 20 },
        },
      ],
    },
    20,
  );
  const lag = (from: number, to: number) =>
    sent
      .filter(
        ({ msg, at }) =>
          msg === 'system.interval' && at >= startAt + from * 60_000 && at < startAt + to * 60_000,
      )
      .map(fieldsOf)
      .filter(({ height }) => height !== undefined)
      .map(({ height, finalized_height: final }) => (height as number) - (final as number));

  it('finalizes nothing during the stall, and then catches up', () => {
    expect(Math.max(...lag(0, 5))).toBeLessThan(7);
    expect(Math.min(...lag(14, 15))).toBeGreaterThan(70);
    expect(Math.max(...lag(18, 20))).toBeLessThan(7);
  });

  it('has prevotes then, but no commits', () => {
    const during = sent.filter(({ at }) => at > startAt + 6 * 60_000 && at < startAt + 14 * 60_000);
    const counts = groupBy(during, ({ msg }) => msg);
    expect(counts.get('afg.received_prevote')?.length).toBeGreaterThan(100);
    for (const msg of ['afg.received_precommit', 'afg.received_commit', 'notify.finalized']) {
      expect(counts.get(msg)).toBeUndefined();
    }
  });
});

describe('sets of authorities', () => {
  it('change, and their members report the new id and list', () => {
    const { sent } = run(
      { nodes: 8, chains: [{ name: 'A', authors: 1, authoritySet: { active: 0.5, everyMinutes: 1 } }] },
      4,
    );
    const sets = new Map(
      sent
        .filter(({ msg }) => msg === 'afg.authority_set')
        .map(fieldsOf)
        .map((fields) => [fields.authority_set_id, fields.authorities]),
    );
    expect([...sets.keys()]).toEqual(['0', '1', '2', '3']);
    expect(new Set(sets.values()).size).toBe(4);
    for (const list of sets.values()) expect(JSON.parse(list as string)).toHaveLength(4);
  });
});

describe('troubled nodes', () => {
  it('lose their socket, send nothing until they reconnect, and send system.connected again', () => {
    const { events, network } = run(
      { nodes: 5, reconnecting: { share: 1, everyMinutes: 1, awaySeconds: [5, 10], restarts: 0.5 } },
      10,
    );
    for (const host of network.hosts) {
      let isConnected = false;
      let isNew = false;
      let times = 0;
      for (const event of events) {
        if (event.kind !== 'message') {
          if (!('host' in event) || event.host !== host) continue;
          expect(event.kind === 'connected').toBe(!isConnected);
          isConnected = !isConnected;
          isNew = isConnected;
          times += 1;
        } else if (event.node.host === host.index) {
          expect(isConnected).toBe(true);
          if (isNew) expect(event.msg).toBe('system.connected');
          isNew = false;
        }
      }
      expect(times).toBeGreaterThan(2);
    }
    const starts = events.flatMap((event) =>
      event.kind === 'message' && event.msg === 'system.connected' ? fieldsOf(event).startup_time : [],
    );
    expect(new Set(starts).size).toBeGreaterThan(5);
    expect(new Set(starts).size).toBeLessThan(starts.length);
  });

  it('fall behind while they keep reporting, and then catch up', () => {
    const { sent } = run(
      { nodes: 3, verbosity: { '0': 1 }, lagging: { share: 1, everyMinutes: 4, blocks: [20, 30] } },
      20,
    );
    for (const messages of byNode(sent).values()) {
      const synced = messages.filter(
        (message) => message.msg === 'block.import' && fieldsOf(message).origin === 'NetworkInitialSync',
      );
      expect(synced.length).toBeGreaterThan(15);
      const heights = messages
        .filter(({ msg }) => msg === 'block.import')
        .map((message) => fieldsOf(message).height as number);
      heights.forEach((height, index) => expect(height).toBe((heights[0] ?? 0) + index));
    }
  });

  it('have clock offsets from seconds to years', () => {
    const { network, sent } = run({ nodes: 200, verbosity: { '0': 1 }, wrongClocks: { share: 1 } }, 0.2);
    const offsets = network.nodes.map(({ profile }) => Math.abs(profile.hardware.clockSkewMs));
    expect(Math.min(...offsets)).toBeGreaterThanOrEqual(2_000);
    expect(offsets.some((ms) => ms < 60_000)).toBe(true);
    expect(offsets.some((ms) => ms > 300 * 86_400_000)).toBe(true);
    for (const { at, node, text } of sent) {
      const { ts } = JSON.parse(text) as { ts: string };
      expect(Math.abs(Date.parse(ts) - at - node.profile.hardware.clockSkewMs)).toBeLessThanOrEqual(1);
    }
  });

  it('share sockets with different ids', () => {
    const { network } = run({ nodes: 30, sharedSockets: { share: 1, nodes: [3, 6] } }, 0.1);
    expect(network.nodes).toHaveLength(30);
    for (const host of network.hosts.slice(0, -1)) {
      expect(host.nodes.length).toBeGreaterThanOrEqual(3);
      const ids = host.nodes.map(({ profile }) => profile.envelope.form === 'nested' && profile.envelope.id);
      expect(ids).toEqual(host.nodes.map((_, index) => index + 1));
    }
  });

  it('connect twice with one peer id', () => {
    const { network, sent } = run({ nodes: 20, duplicates: 0.2 }, 0.5);
    const sockets = groupBy(
      sent.filter(({ msg }) => msg === 'system.connected'),
      (message) => fieldsOf(message).network_id,
    );
    expect(
      [...sockets.values()].filter((messages) => new Set(messages.map(({ node }) => node.host)).size === 2)
        .length,
    ).toBe(3);
    expect(network.nodes).toHaveLength(20);
  });
});

describe('sockets with changing nodes', () => {
  const frames = (sent: readonly NodeMessage[]) =>
    sent.map(({ node, msg, text }) => ({
      host: node.host,
      msg,
      id: (JSON.parse(text) as { id?: number }).id,
      peerId: fieldsOf({ text } as NodeMessage).network_id as string | undefined,
    }));

  it('change their ids, and send system.connected first under each new id', () => {
    const { sent, network } = run(
      { nodes: 6, sharedSockets: { share: 1, nodes: [2, 2] }, changingIds: { share: 1, everySeconds: 5 } },
      5,
    );
    for (const messages of groupBy(frames(sent), ({ host }) => host).values()) {
      const byId = groupBy(messages, ({ id }) => id);
      expect(byId.size).toBeGreaterThan(100);
      for (const [first] of byId.values()) expect(first?.msg).toBe('system.connected');
      const greetings = messages.filter(({ msg }) => msg === 'system.connected');
      expect(greetings).toHaveLength(byId.size);
      expect(new Set(greetings.map(({ peerId }) => peerId)).size).toBe(2);
    }
    expect(network.hosts).toHaveLength(3);
  });

  it('send system.connected of other nodes under the same id', () => {
    const { sent } = run({ nodes: 4, changingIdentity: { share: 1, everyMinutes: 1 } }, 10);
    for (const messages of groupBy(frames(sent), ({ host }) => host).values()) {
      const greetings = messages.filter(({ msg }) => msg === 'system.connected');
      expect(greetings.length).toBeGreaterThanOrEqual(9);
      expect(new Set(greetings.map(({ peerId }) => peerId)).size).toBe(greetings.length);
      expect(new Set(messages.map(({ id }) => id)).size).toBe(1);
    }
  });

  it('do not affect other nodes', () => {
    const texts = (scenario: ScenarioFile): Map<number, string[]> =>
      new Map(
        [...groupBy(run({ ...scenario, nodes: 12 }, 3).sent, ({ node }) => node.host)].map(
          ([host, messages]) => [host, messages.map(({ text }) => text)],
        ),
      );
    const [without, with_] = [texts({}), texts({ changingIds: { share: 0.4, everySeconds: 5 } })];
    const same = [...without.keys()].filter((host) => without.get(host)?.join() === with_.get(host)?.join());
    expect(same.length).toBeGreaterThan(2);
    expect(same.length).toBeLessThan(without.size);
  });
});

describe('nodes with problematic identities', () => {
  const greetings = (sent: readonly NodeMessage[]) =>
    sent
      .filter(({ msg }) => msg === 'system.connected')
      .map((message) => ({ message, ...fieldsOf(message) }));

  it('do not affect other nodes', () => {
    const plain = { nodes: 12, verbosity: { '0': 1 } };
    const texts = (given: ScenarioFile) => run({ ...plain, ...given }, 2).sent.map(({ text }) => text);
    const usual = texts({});
    expect(texts({ urlsGivenTwice: 0, copiedKeys: 0, withoutGenesis: 0, falseHeights: 0 })).toEqual(usual);
    const odd = texts({ urlsGivenTwice: 0.5 });
    expect(odd.length).toBe(usual.length + 6);
    expect(usual.filter((text) => !odd.includes(text))).toEqual([]);
    const others = new Set(texts({ withoutGenesis: 0.25 }));
    expect(usual.filter((text) => !others.has(text))).toHaveLength(3);
  });

  it('have a second socket with system.connected only', () => {
    const { network, events, sent } = run(
      { nodes: 10, urlsGivenTwice: 0.3, reconnecting: { share: 1, everyMinutes: 1, restarts: 0 } },
      10,
    );
    expect(network.nodes).toHaveLength(10);
    const seconds = network.hosts.filter(({ greetsOnly }) => greetsOnly);
    expect(seconds.map(({ index }) => index)).toEqual([10, 11, 12]);
    for (const host of seconds) {
      const ofHost = sent.filter(({ node }) => node.host === host.index);
      expect(ofHost.map(({ msg }) => msg)).toEqual(['system.connected']);
      const changes = events.filter((event) => 'host' in event && event.host === host);
      expect(changes.map(({ kind }) => kind)).toEqual(['connected']);
      const [{ network_id, startup_time } = {}] = ofHost.map(fieldsOf);
      const first = greetings(sent).find(({ message, ...fields }) => {
        const same = 'network_id' in fields && fields.network_id === network_id;
        return same && message.node.host < 10;
      });
      expect(first).toMatchObject({ network_id, startup_time });
    }
  });

  it('have the peer id of another node of their chain', () => {
    const { sent } = run(
      { nodes: 30, copiedKeys: 0.2, withoutGenesis: 0.3, chains: [{ name: 'A' }, { name: 'B' }] },
      0.1,
    );
    const byPeer = groupBy(sent.filter(({ msg }) => msg === 'system.connected').map(fieldsOf), (fields) =>
      [fields.network_id, fields.chain, fields.genesis_hash].join(' '),
    );
    const twice = [...byPeer.values()].filter(({ length }) => length > 1);
    expect(twice).toHaveLength(6);
    for (const [one, other, ...more] of twice) {
      expect(more).toEqual([]);
      expect(one?.name).not.toBe(other?.name);
      expect(one?.startup_time).not.toBe(other?.startup_time);
    }
  });

  it('are on chains of the same name with different hashes', () => {
    const chains = [{ name: 'Development' }, { name: 'Development', salt: '2' }];
    const { network, sent } = run({ nodes: 10, verbosity: { '0': 1 }, chains }, 2);
    const hashes = new Set(network.nodes.map(({ profile }) => profile.chain.genesisHash));
    expect(hashes.size).toBe(2);
    expect(new Set(network.nodes.map(({ profile }) => profile.chain.name))).toEqual(new Set(['Development']));
    const blocks = groupBy(
      sent.filter(({ msg }) => msg === 'block.import'),
      ({ node }) => node.profile.chain.genesisHash,
    );
    const [first, second] = [...blocks.values()].map(
      (imports) => new Set(imports.map((message) => fieldsOf(message).best)),
    );
    expect(first?.size).toBeGreaterThan(10);
    expect([...(first ?? [])].filter((hash) => second?.has(hash))).toEqual([]);
  });

  it('report false heights', () => {
    const { network, sent } = run({ nodes: 20, verbosity: { '0': 1 }, falseHeights: 0.1 }, 2);
    const falseHeights = network.nodes.filter(({ profile }) => profile.sendsFalseHeights === true);
    expect(falseHeights).toHaveLength(2);
    for (const message of sent) {
      const { height, finalized_height: final = height } = fieldsOf(message);
      if (height === undefined) continue;
      const isFalse = falseHeights.includes(message.node);
      expect([Number(height), Number(final)].map((one) => one === 2 ** 53 - 1)).toEqual([isFalse, isFalse]);
    }
  });
});

describe('verbosity', () => {
  it('determines which messages nodes send', () => {
    const { sent } = run(
      { nodes: 30, chains: [{ name: 'A', authors: 1 }], verbosity: { '0': 1, '1': 1, '9': 1 } },
      2,
    );
    const families = new Map<number, Set<string>>();
    for (const { node, msg } of sent) {
      const { verbosity } = node.profile;
      families.set(verbosity, (families.get(verbosity) ?? new Set()).add(msg.split('.')[0] ?? ''));
    }
    expect([...(families.get(0) ?? [])].sort()).toEqual(['block', 'notify', 'system', 'txpool']);
    expect([...(families.get(1) ?? [])]).toEqual(
      expect.arrayContaining(['afg', 'slots', 'prepared_block_for_proposing']),
    );
    expect(families.get(1)).not.toContain('tracing');
    expect([...(families.get(9) ?? [])]).toEqual(
      expect.arrayContaining(['afg', 'tracing', 'babe', 'system']),
    );
  });
});

describe('network states with many peers', () => {
  const { sent } = run(loadScenario('reputations'), 10);
  const states = sent.filter(({ msg }) => msg === 'system.network_state');
  type Nodes = Record<string, { connected: boolean; reputation: number }>;
  const nodesOf = (message: NodeMessage): Nodes => {
    const { peerset } = fieldsOf(message).state as { peerset: { nodes?: Nodes; sets?: { nodes: Nodes }[] } };
    return peerset.nodes ?? peerset.sets?.[0]?.nodes ?? {};
  };

  it('have more than 1,000 peers, some of them banned', () => {
    expect(states.length).toBeGreaterThan(100);
    const banned = states.map(
      (state) => Object.values(nodesOf(state)).filter(({ reputation }) => reputation < -1_000_000).length,
    );
    for (const state of states) expect(Object.keys(nodesOf(state))).toHaveLength(1_254);
    expect(Math.min(...banned)).toBeGreaterThan(5);
    expect(Math.max(...banned)).toBeLessThan(100);
  });

  it('have reputations and peer counts that change over time within 32 bits', () => {
    for (const messages of byNode(states).values()) {
      const [first, last] = [messages.at(0), messages.at(-1)].map((message) => message && nodesOf(message));
      const changed = Object.entries(first ?? {}).filter(
        ([id, { reputation }]) => last?.[id]?.reputation !== reputation,
      );
      expect(changed.length).toBeGreaterThan(20);
      for (const { reputation } of Object.values(last ?? {})) expect(reputation | 0).toBe(reputation);
    }
    const connected = states.map(
      (state) => Object.keys((fieldsOf(state).state as { connectedPeers: object }).connectedPeers).length,
    );
    const others = states.map(
      (state) =>
        Object.keys((fieldsOf(state).state as { notConnectedPeers: object }).notConnectedPeers).length,
    );
    expect(new Set(connected).size).toBeGreaterThan(5);
    expect(new Set(others).size).toBeGreaterThan(5);
  });
});

describe('transaction pools', () => {
  it('fill when blocks are full, and drain again', () => {
    const chain = {
      name: 'A',
      skippedSlots: 0,
      transactions: { perSecond: 0.1, perBlock: 100, burstChance: 0.03, burst: 2_000 },
    };
    const { sent } = run({ nodes: 2, verbosity: { '0': 1 }, chains: [chain] }, 30);
    const ready = sent
      .filter(({ msg }) => msg === 'txpool.import')
      .map((message) => fieldsOf(message).ready as number);
    expect(Math.max(...ready)).toBeGreaterThan(1_500);
    expect(ready.lastIndexOf(0)).toBeGreaterThan(ready.findIndex((count) => count > 1_500));
  });
});
