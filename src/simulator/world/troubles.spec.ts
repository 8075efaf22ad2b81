import { describe, expect, it } from 'vitest';
import type { NodeMessage } from '../nodes/telemetry-emitter.js';
import type { SimulatedNode } from '../nodes/simulated-node.js';
import { readScenario, type ScenarioFile } from '../scenarios/scenario.js';
import { SimulatedNetwork } from './network.js';
import type { RestartCause, WorldObserver } from './observer.js';

const startAt = Date.UTC(2021, 1, 9, 9);
const MINUTE_MS = 60_000;
const SELDOM = { intervalSeconds: 120, transactionsSeconds: 120, networkStateSeconds: 86_400 };

interface Span {
  node: SimulatedNode;
  began: number;
  ended: number;
  /** Its height when it stuck, or by how much it fell behind. */
  blocks: number;
}

/** Collects what goes wrong. */
class Notes implements WorldObserver {
  readonly stuck: Span[] = [];
  readonly lags: Span[] = [];
  readonly restarts: { node: SimulatedNode; cause: RestartCause; at: number }[] = [];
  readonly upgrades: { node: SimulatedNode; from: string; at: number }[] = [];
  /** Imports of blocks: the height of the block, and that of the best block of the chain then. */
  readonly imports: { node: SimulatedNode; height: number; best: number; at: number; origin: string }[] = [];

  stuckBegan(node: SimulatedNode, at: number): void {
    this.stuck.push({ node, began: at, ended: Infinity, blocks: node.best.height });
  }

  stuckEnded(node: SimulatedNode, at: number): void {
    end(this.stuck, node, at);
  }

  lagBegan(node: SimulatedNode, blocks: number, at: number): void {
    this.lags.push({ node, began: at, ended: Infinity, blocks });
  }

  lagEnded(node: SimulatedNode, at: number): void {
    end(this.lags, node, at);
  }

  processEnded(node: SimulatedNode, cause: RestartCause, at: number): void {
    this.restarts.push({ node, cause, at });
  }

  versionChanged(node: SimulatedNode, from: string, at: number): void {
    this.upgrades.push({ node, from, at });
  }

  arrival(
    node: SimulatedNode,
    { height }: { height: number },
    { origin }: { origin: string },
    at: number,
  ): void {
    this.imports.push({ node, height, best: node.profile.chain.best.height, at, origin });
  }
}

function end(spans: readonly Span[], node: SimulatedNode, at: number): void {
  const open = spans.filter((span) => span.node === node && span.ended === Infinity);
  expect(open).toHaveLength(1);
  for (const span of open) span.ended = at;
}

function run(scenario: ScenarioFile, minutes: number) {
  const notes = new Notes();
  const network = new SimulatedNetwork({
    scenario: readScenario({
      verbosity: { '0': 1 },
      software: { polkadot: 1 },
      reports: SELDOM,
      ...scenario,
    }),
    seed: 1,
    startAt,
    observer: notes,
  });
  const sent: NodeMessage[] = [];
  for (const message of network.messages()) {
    if (message.at >= startAt + minutes * MINUTE_MS) break;
    sent.push(message);
  }
  return { network, notes, sent };
}

function fieldsOf({ text }: NodeMessage): Record<string, unknown> {
  const frame = JSON.parse(text) as Record<string, unknown>;
  return (frame.payload ?? frame) as Record<string, unknown>;
}

const ofNode = <T extends { node: SimulatedNode }>(items: readonly T[], node: SimulatedNode): T[] =>
  items.filter((item) => item.node === node);

describe('stuck nodes', () => {
  const { notes, network } = run({ nodes: 8, stuck: { share: 0.5, everyMinutes: 15, minutes: [2, 6] } }, 90);
  const ended = notes.stuck.filter(({ ended }) => ended < Infinity);

  it('are the configured share, each for some minutes', () => {
    expect(new Set(notes.stuck.map(({ node }) => node)).size).toBe(4);
    expect(ended.length).toBeGreaterThan(8);
    for (const { began, ended: until } of ended) {
      expect(until - began).toBeGreaterThanOrEqual(2 * MINUTE_MS);
      expect(until - began).toBeLessThanOrEqual(6 * MINUTE_MS);
    }
  });

  it('import nothing while the chain goes on, and then fetch each block that they lack', () => {
    for (const { node, began, ended: until, blocks: height } of ended) {
      const own = ofNode(notes.imports, node);
      expect(own.filter(({ at, origin }) => at > began && at < until && origin !== 'Own')).toEqual([]);
      const [lag] = ofNode(notes.lags, node).filter((span) => span.began === until);
      expect(lag?.blocks).toBeGreaterThan(10);
      const fetched = own.filter(({ at }) => at >= until && at <= (lag?.ended ?? 0));
      expect(fetched[0]?.height).toBeLessThanOrEqual(height + 2);
      fetched.forEach((one, index) => expect(one.height).toBe((fetched[0]?.height ?? 0) + index));
    }
    expect(network.nodes).toHaveLength(8);
  });
});

describe('trailing nodes', () => {
  it('follow their chain by as many blocks as configured, until they catch up', () => {
    const { notes } = run(
      { nodes: 6, trailing: { share: 0.5, everyMinutes: 10, minutes: [4, 8], blocks: [5, 9] } },
      60,
    );
    const spans = notes.lags.filter(({ blocks, ended }) => blocks >= 5 && ended < Infinity);
    expect(spans.length).toBeGreaterThan(5);
    for (const { node, began, ended, blocks } of spans) {
      const during = ofNode(notes.imports, node).filter(
        ({ at, origin }) => at > began && at < ended && origin === 'NetworkBroadcast',
      );
      expect(during.length).toBeGreaterThan(10);
      // A block may be older than the newest one by the time that it takes to the node.
      for (const { height, best } of during) expect([blocks, blocks + 1]).toContain(best - height);
    }
  });
});

describe('restarted processes', () => {
  const { network, notes, sent } = run(
    {
      nodes: 12,
      software: { polkadot: 1, collator: 1 },
      urlsGivenTwice: 0.2,
      duplicates: 0.1,
      restarting: { share: 0.5, everyMinutes: 10, downSeconds: [20, 40] },
    },
    60,
  );

  it('import and send nothing while they are down, then greet with a new startup time', () => {
    expect(notes.restarts.length).toBeGreaterThan(10);
    for (const { node, at } of notes.restarts) {
      const next = sent.find((message) => message.node === node && message.at > at);
      if (next === undefined) continue;
      expect(next.msg).toBe('system.connected');
      expect(next.at - at).toBeGreaterThanOrEqual(20_000);
      expect(next.at - at).toBeLessThanOrEqual(40_000);
      expect(Number(fieldsOf(next).startup_time)).toBe(next.at + node.profile.hardware.clockSkewMs);
      const down = ofNode(notes.imports, node).filter((one) => one.at > at && one.at < next.at);
      expect(down).toEqual([]);
    }
  });

  it('end all sockets of the process, also those over which nodes only greet', () => {
    const sockets = network.hosts.filter(({ nodes }) =>
      network.hosts.some(
        (other) => other.greetsOnly && other.nodes[0]?.profile.peerId === nodes[0]?.profile.peerId,
      ),
    );
    let shared = 0;
    for (const { node, at } of notes.restarts) {
      if (at > startAt + 59 * MINUTE_MS) continue;
      for (const host of sockets) {
        if (host.nodes[0]?.profile.hardware !== node.profile.hardware) continue;
        shared += 1;
        expect(
          sent.filter(
            (message) =>
              host.nodes.includes(message.node) &&
              message.msg === 'system.connected' &&
              message.at >= at + 20_000 &&
              message.at <= at + 40_000,
          ),
        ).toHaveLength(host.nodes.length);
      }
    }
    expect(shared).toBeGreaterThan(4);
  });

  it('crash in loops: at least three times in a quarter of an hour', () => {
    const loops = run({ nodes: 10, crashLoops: { share: 0.2, everyMinutes: 60 } }, 240).notes.restarts;
    const nodes = new Set(loops.map(({ node }) => node));
    expect(nodes.size).toBe(2);
    expect(new Set(loops.map(({ cause }) => cause))).toEqual(new Set(['crash']));
    for (const node of nodes) {
      const [first, , third] = ofNode(loops, node).map(({ at }) => at);
      expect((third ?? Infinity) - (first ?? 0)).toBeLessThanOrEqual(15 * MINUTE_MS);
    }
  });
});

describe('a roll-out', () => {
  const rollout = { version: '9.9.9', afterMinutes: 10, overMinutes: 60, share: 0.75 } as const;

  it('gives its share of processes the version, most of them in the middle', () => {
    const { notes, network, sent } = run({ nodes: 40, rollouts: [rollout] }, 80);
    expect(notes.upgrades).toHaveLength(30);
    const minutes = notes.upgrades.map(({ at }) => (at - startAt) / MINUTE_MS);
    expect(Math.min(...minutes)).toBeGreaterThan(10);
    expect(Math.max(...minutes)).toBeLessThan(71.1);
    expect(minutes.filter((at) => at > 25 && at < 56).length).toBeGreaterThan(18);
    for (const node of network.nodes) {
      const [upgrade] = ofNode(notes.upgrades, node);
      for (const message of ofNode(sent, node).filter(({ msg }) => msg === 'system.connected'))
        expect(fieldsOf(message).version === '9.9.9').toBe(message.at >= (upgrade?.at ?? Infinity));
      expect(upgrade?.from).not.toBe('9.9.9');
    }
  });

  it('can be of one kind of software, and all at once', () => {
    const software = { polkadot: 1, tetcore: 1 };
    const plan = { ...rollout, software: 'polkadot', overMinutes: 0, share: 1, downSeconds: [5, 6] } as const;
    const { notes } = run({ nodes: 10, software, rollouts: [plan] }, 12);
    expect(new Set(notes.upgrades.map(({ node }) => node.profile.software.implementation))).toEqual(
      new Set(['Parity Polkadot']),
    );
    expect(new Set(notes.restarts.map(({ at }) => at))).toEqual(new Set([startAt + 10 * MINUTE_MS]));
  });
});

describe('slow machines', () => {
  it('have low scores in their benchmarks, and longer delays', () => {
    const { network, sent } = run(
      {
        nodes: 100,
        software: { polkadot: 1 },
        latency: [{ medianMs: 200 }],
        slowHardware: { share: 0.2, speed: [0.2, 0.3] },
      },
      0.2,
    );
    const isSlow = ({ profile }: SimulatedNode): boolean => profile.hardware.speed < 1;
    const slow = network.nodes.filter(isSlow);
    expect(slow.length).toBeGreaterThan(8);
    const median = (nodes: readonly SimulatedNode[]): number =>
      nodes.map(({ profile }) => profile.latency.medianMs).sort((a, b) => a - b)[nodes.length >> 1] ?? NaN;
    const others = network.nodes.filter((node) => !isSlow(node));
    expect(median(slow) / median(others)).toBeGreaterThan(3);
    const scores = sent.filter(({ msg }) => msg === 'sysinfo.hwbench');
    expect(scores.length).toBeGreaterThan(95);
    for (const message of scores) {
      const score = fieldsOf(message).cpu_hashrate_score as number;
      expect(score < 500).toBe(isSlow(message.node));
    }
  });
});

describe('reports of imports', () => {
  const scenario: ScenarioFile = {
    nodes: 10,
    chains: [{ name: 'A', authors: 1, forks: { chance: 0.3, blocks: [1, 2] } }],
    lagging: { share: 0.5, everyMinutes: 5 },
    imports: { reported: 'best', synced: 0.1 },
  };

  it('can be of new best blocks only, and of a share of those of a sync', () => {
    const { notes, sent } = run(scenario, 30);
    const messages = sent.filter(({ msg }) => msg === 'block.import').map(fieldsOf);
    const synced = messages.filter(({ origin }) => origin === 'NetworkInitialSync').length;
    const fetched = notes.imports.filter(({ origin }) => origin === 'NetworkInitialSync').length;
    expect(fetched).toBeGreaterThan(200);
    expect(synced / fetched).toBeGreaterThan(0.05);
    expect(synced / fetched).toBeLessThan(0.16);
    // Each is the best one of its node, so its height is new unless the node has changed to another branch.
    const heights = new Map<SimulatedNode, number>();
    for (const message of sent.filter(({ msg }) => msg === 'block.import')) {
      const height = fieldsOf(message).height as number;
      expect(height).toBeGreaterThan(heights.get(message.node) ?? 0);
      heights.set(message.node, height);
    }
  });
});
