import { describe, expect, it } from 'vitest';
import type { NetworkEvent, NodeMessage } from '../nodes/telemetry-emitter.js';
import { loadScenario } from '../scenarios/load-scenario.js';
import { readScenario, type ScenarioFile } from '../scenarios/scenario.js';
import { SimulatedNetwork } from '../world/network.js';
import { type TruthKind, TruthLog } from './truth-log.js';

const startAt = Date.UTC(2021, 1, 9, 9);
const iso = (at: number): string => new Date(at).toISOString();
const minute = (n: number): string => iso(startAt + n * 60_000);

/** A line; which fields it has depends on its kind. */
interface Line {
  kind: TruthKind;
  at?: string;
  authored_at?: string;
  began?: string;
  ended?: string | null;
  chain?: string;
  height?: number;
  hash?: string;
  peer_id?: string;
  cause?: string | null;
  end_cause?: string | null;
  origin?: string;
  reported?: boolean;
  offset_ms?: number;
  clock_offset_ms?: number;
  winner_hash?: string;
  loser_hashes?: string[];
  depth?: number;
  parent_hash?: string;
}

function run(scenario: ScenarioFile, minutes: number, kinds?: TruthKind[]) {
  const endAt = startAt + minutes * 60_000;
  const lines: Line[] = [];
  const log = new TruthLog({ write: (line) => lines.push(JSON.parse(line) as Line), endAt, kinds });
  const network = new SimulatedNetwork({ scenario: readScenario(scenario), seed: 1, startAt, observer: log });
  const events: NetworkEvent[] = [];
  for (const event of network.events()) {
    if (event.at >= endAt) break;
    events.push(event);
  }
  log.end();
  const of = (kind: TruthKind): Line[] => lines.filter((line) => line.kind === kind);
  return { network, events, sent: events.filter((event) => event.kind === 'message'), lines, of };
}

function fieldsOf({ text }: NodeMessage): Record<string, string> {
  const frame = JSON.parse(text) as Record<string, unknown>;
  return (frame.payload ?? frame) as Record<string, string>;
}

/** The time that the clock of a node showed: milliseconds. */
function stamped({ text }: NodeMessage): number {
  return Date.parse((JSON.parse(text) as { ts: string }).ts);
}

const ORIGINS: Record<string, string> = {
  Own: 'own',
  NetworkBroadcast: 'broadcast',
  NetworkInitialSync: 'sync',
};
const RIGHT_CLOCKS = { usualMs: 0, skewed: { share: 0 }, steps: [] };
const HISTORY: ScenarioFile = {
  ...loadScenario('history'),
  nodes: 30,
  outages: [{ afterMinutes: 20, forMinutes: 3 }],
  reconnecting: { share: 0.3, everyMinutes: 10, restarts: 0.3 },
  restarting: { share: 0.3, everyMinutes: 15 },
  crashLoops: { share: 0.1, everyMinutes: 15 },
  clocks: RIGHT_CLOCKS,
  wrongClocks: { share: 0 },
};

describe('the truth about a network whose clocks are right', () => {
  const { network, events, sent, lines, of } = run(HISTORY, 45);

  it('has exactly the reported arrivals that nodes send, at the times that they send', () => {
    const messages = sent.filter(({ msg }) => msg === 'block.import');
    expect(of('arrival').filter(({ reported }) => reported)).toEqual(
      messages.map((message) => {
        const { best, height, origin = '' } = fieldsOf(message);
        const { peerId, chain } = message.node.profile;
        return {
          kind: 'arrival',
          at: iso(stamped(message)),
          chain: chain.genesisHash,
          height,
          hash: best,
          peer_id: peerId,
          origin: ORIGINS[origin],
          became_best: true,
          reported: true,
        };
      }),
    );
    expect(messages.length).toBeGreaterThan(5_000);
  });

  it('has exactly the reported finalized blocks', () => {
    const messages = sent.filter(({ msg }) => msg === 'notify.finalized');
    expect(of('finalized').filter(({ reported }) => reported)).toEqual(
      messages.map((message) => ({
        kind: 'finalized',
        at: iso(stamped(message)),
        chain: message.node.profile.chain.genesisHash,
        height: Number(fieldsOf(message).height),
        hash: fieldsOf(message).best,
        peer_id: message.node.profile.peerId,
        reported: true,
      })),
    );
  });

  it('has arrivals that are not reported: of nodes without a connection, and of blocks beside the best one', () => {
    const unreported = of('arrival').filter(({ reported }) => reported === false);
    const outage = unreported.filter(({ at = '' }) => at >= minute(20) && at < minute(23));
    expect(new Set(outage.map(({ peer_id }) => peer_id)).size).toBeGreaterThan(20);
    expect(of('arrival').filter((line) => 'became_best' in line && line.became_best === false)).not.toEqual(
      [],
    );
  });

  it('has the connections of each node, with the reasons for their ends', () => {
    const links = (kind: 'connected' | 'disconnected') =>
      events
        .flatMap((event) => (event.kind === kind ? event.host.nodes.map(() => iso(event.at)) : []))
        .sort();
    const ends = of('link').flatMap(({ ended }) => ended ?? []);
    expect(ends.sort()).toEqual(links('disconnected'));
    // The first begin where nodes start, up to 50 ms later.
    expect(of('link')).toHaveLength(links('connected').length);
    const causes = new Set(of('link').map(({ cause }) => cause));
    expect(causes).toEqual(new Set(['restart', 'link_lost', 'collector', null]));
    for (const { ended, cause } of of('link')) {
      expect(cause === null).toBe(ended === null);
      expect(cause === 'collector').toBe(ended === minute(20));
    }
  });

  it('has the processes, whose begins are the startup times that nodes send', () => {
    const began = new Map<string | undefined, Set<number>>();
    for (const { peer_id, began: at = '' } of of('process'))
      began.set(peer_id, (began.get(peer_id) ?? new Set()).add(Date.parse(at)));
    for (const message of sent.filter(({ msg }) => msg === 'system.connected')) {
      const { network_id, startup_time } = fieldsOf(message);
      expect(began.get(network_id)).toContain(Number(startup_time));
    }
    expect(of('process').filter(({ end_cause }) => end_cause === null)).toHaveLength(
      network.nodes.filter(({ started }) => started).length,
    );
    for (const cause of ['start', 'restart', 'crash'])
      expect(of('process').filter((line) => line.cause === cause).length).toBeGreaterThan(3);
  });

  it('is ordered by time; what is still going on comes last', () => {
    const times = lines.map(({ at, authored_at, ended }) => at ?? authored_at ?? ended ?? '9');
    expect(times).toEqual([...times].sort());
    expect(times.at(-1)).toBe('9');
    expect(lines[0]?.kind).toBe('chain');
  });
});

describe('the truth about clocks', () => {
  it('has the offset of each node, and where it changes', () => {
    const { sent, of } = run(
      {
        nodes: 10,
        verbosity: { '0': 1 },
        clocks: { skewed: { share: 0.5 }, steps: [{ afterMinutes: 3, share: 0.3, ms: 700 }] },
      },
      6,
    );
    const steps = of('clock');
    expect(steps.map(({ at }) => at)).toEqual([minute(3), minute(3), minute(3)]);
    const first = new Map(of('node').map((line) => [line.peer_id, line.clock_offset_ms ?? NaN]));
    const later = new Map(steps.map((line) => [line.peer_id, line.offset_ms ?? NaN]));
    for (const [peerId, offset] of later) expect(offset).toBe((first.get(peerId) ?? NaN) + 700);
    for (const message of sent) {
      const { peerId } = message.node.profile;
      const stepped = iso(message.at) >= minute(3) ? later.get(peerId) : undefined;
      expect(stamped(message)).toBe(message.at + (stepped ?? first.get(peerId) ?? NaN));
    }
  });
});

describe('the truth about chains', () => {
  it('has each block and missed slot, with exact times of stalls and halts', () => {
    const { of } = run(
      {
        nodes: 6,
        chains: [
          {
            name: 'A',
            authors: 1,
            skippedSlots: 0.1,
            halts: [{ afterMinutes: 4, forMinutes: 2 }],
            finality: { stalls: [{ afterMinutes: 8, forMinutes: 5 }] },
          },
        ],
      },
      15,
    );
    const [{ chain } = {}] = of('chain');
    expect(of('halt')).toEqual([{ kind: 'halt', began: minute(4), ended: minute(6), chain }]);
    expect(of('stall')).toEqual([{ kind: 'stall', began: minute(8), ended: minute(13), chain }]);
    const blocks = of('block').map(({ authored_at }) => authored_at);
    const missed = of('missed_slot').map(({ at }) => at);
    // Every slot but the first, whose start is that of the simulation.
    const slots = Array.from({ length: 149 }, (_, index) => iso(startAt + (index + 1) * 6_000));
    expect([...blocks, ...missed].sort()).toEqual(slots);
    const halted = of('missed_slot').filter(({ cause }) => cause === 'halt');
    expect(halted.map(({ at }) => at)).toEqual(slots.slice(39, 59));
    // Nodes hear of the last finalized block a moment later.
    const within = (line: Line): boolean => (line.at ?? '') > minute(8.05) && (line.at ?? '') < minute(13);
    expect(of('finalized').filter(within)).toEqual([]);
  });

  it('has forks with both branches, of which one is finalized', () => {
    const { of } = run({ ...loadScenario('forks'), nodes: 6, software: { polkadot: 1 } }, 60);
    const forks = of('fork');
    expect(new Set(forks.map(({ depth }) => depth))).toEqual(new Set([1, 2, 3, 4]));
    const blocks = new Map(of('block').map((block) => [block.hash, block]));
    const all = of('block');
    const rivals = (at: number): Line[] => all.filter((block) => block.height === at);
    const isFinal = new Set(of('finalized').map(({ hash }) => hash));
    for (const { height = 0, depth = 0, winner_hash = '', loser_hashes = [], began, ended } of forks) {
      const losers = loser_hashes.map((hash) => blocks.get(hash));
      expect(losers.map((block) => block?.height)).toEqual(
        Array.from({ length: depth }, (_, index) => height + index),
      );
      expect(blocks.get(winner_hash)).toMatchObject({ height, parent_hash: losers[0]?.parent_hash });
      expect(losers.slice(1).map((block) => block?.parent_hash)).toEqual(loser_hashes.slice(0, -1));
      expect(losers[0]?.authored_at).toBe(began);
      expect(rivals(height + depth).map(({ authored_at }) => authored_at)).toContain(ended);
      expect(loser_hashes.filter((hash) => isFinal.has(hash))).toEqual([]);
    }
    // One more fork may be undecided.
    const losers = forks.reduce((sum, { depth = 0 }) => sum + depth, 0);
    const heights = new Set(of('block').map(({ height }) => height)).size;
    expect(of('block').length - heights - losers).toBeLessThanOrEqual(4);
  });

  it('has exact outages, and one that is still going on', () => {
    const outages = [
      { afterMinutes: 1, forMinutes: 1 },
      { afterMinutes: 4, forMinutes: 9 },
    ];
    expect(run({ nodes: 3, outages }, 5, ['outage']).lines).toEqual([
      { kind: 'outage', began: minute(1), ended: minute(2) },
      { kind: 'outage', began: minute(4), ended: null },
    ]);
  });

  it('has the nodes under each of their identities', () => {
    const { of } = run({ nodes: 3, changingIdentity: { share: 1, everyMinutes: 2 } }, 5);
    expect(of('node')).toHaveLength(9);
    expect(new Set(of('node').map(({ peer_id }) => peer_id)).size).toBe(9);
    const peers = (kind: TruthKind) => of(kind).map(({ peer_id }) => peer_id ?? '');
    for (const kind of ['process', 'link'] as const) expect(peers(kind).sort()).toEqual(peers('node').sort());
    expect(of('link').filter(({ cause }) => cause === 'identity')).toHaveLength(6);
  });
});
