import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestDatabase } from '../support/databases.js';
import { TestServer } from '../support/test-server.js';
import { covered, type Link, type SessionTruth, sessionTruth, type Span } from './session-truth.js';
import { rebuildSessionsOf, storeHistory } from './simulated-history.js';
import { minutesAgo, troubledHistory } from './troubled-history.js';

const MINUTE_MS = 60_000;
const startAt = minutesAgo(130);
const endAt = startAt + 120 * MINUTE_MS;
const options = troubledHistory(startAt);
/** After the start of all nodes, and before the end of their last connections. */
const [from, to] = [startAt + MINUTE_MS, endAt - MINUTE_MS];

interface Availability {
  peer_id: string;
  version: string;
  availability: number;
  heard_share: number;
  known_share: number;
  known_seconds: number;
  down_seconds: number;
  restarts: number;
  links_lost: number;
  observer_ends: number;
}
interface Interruption {
  began_at: string;
  ended_at: string | null;
  cause: string;
  restarted: boolean | null;
  evidence: { peer_id: string; msg: string; created_at: string; startup_time: number }[];
}
interface Versions {
  points: { time: string; expected: number }[];
  versions: {
    version: string;
    first_seen_at: string;
    nodes: number;
    share: number;
    t50_seconds: number | null;
    t90_seconds: number | null;
    counts: number[];
  }[];
  laggard_count: number;
  laggards: { peer_id: string; version: string; newest: string }[];
}
type Counts = Record<
  'begins' | 'ends' | 'restarts' | 'links_lost' | 'observer_ends' | 'unknown_ends',
  number
>;
interface Churn {
  points: (Counts & { time: string; known_share: number })[];
  restart_loops: { peer_id: string; began_at: string; ended_at: string; restarts: number }[];
}

describe('the routes of sessions', { timeout: 60_000 }, () => {
  let database: TestDatabase;
  let server: TestServer;
  let truth: SessionTruth;
  const ofNode = <T extends { peerId: string }>(all: readonly T[], peerId: string): T[] =>
    all.filter((one) => one.peerId === peerId);
  const isWithin = (at: number): boolean => at >= from && at < to;

  beforeAll(async () => {
    truth = sessionTruth(options, endAt);
    database = await TestDatabase.create();
    await storeHistory(database, options, endAt);
    await rebuildSessionsOf(database, startAt, endAt);
    server = await TestServer.ready(database.url);
  }, 120_000);
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  });

  const get = async <T>(path: string, parameters: Record<string, string> = {}): Promise<T> => {
    const range = { start_time: new Date(from).toISOString(), end_time: new Date(to).toISOString() };
    const response = await server.get(
      `${path}?${new URLSearchParams({ ...range, ...parameters }).toString()}`,
    );
    expect(response.status, path).toBe(200);
    return (await response.json()) as T;
  };
  const nodes = async (parameters: Record<string, string> = {}): Promise<Availability[]> =>
    (await get<{ nodes: Availability[] }>('/chains/Simnet/availability', parameters)).nodes;

  /** What processes did as far as connections can show it: from their start to the end of their last connection. */
  const seenProcesses = (peerId: string): Span[] =>
    ofNode(truth.processes, peerId).map((process) => {
      const own = ofNode(truth.links, peerId).filter(
        ({ began, ended }) => began >= process.began - 1 && ended <= process.ended + 1,
      );
      return { ...process, ended: Math.max(process.began, ...own.map(({ ended }) => ended)) };
    });

  /** The time for which no node is to blame: outages and a minute after, unless the node was connected. */
  const blindTimes = (peerId: string): { began: number; ended: number }[] => {
    const links = ofNode(truth.links, peerId);
    const edges = [from, to, ...links.flatMap(({ began, ended }) => [began, ended])];
    const outages = truth.outages.map(({ began, ended }) => ({ began, ended: ended + MINUTE_MS }));
    edges.push(...outages.flatMap(({ began, ended }) => [began, ended]));
    const sorted = [...new Set(edges)].filter((at) => at <= to).sort((one, other) => one - other);
    return sorted.slice(0, -1).flatMap((began, index) => {
      const ended = sorted[index + 1] ?? began;
      const isIn = (span: { began: number; ended: number }): boolean =>
        span.began <= began && span.ended >= ended;
      return outages.some(isIn) && !links.some(isIn) ? [{ began, ended }] : [];
    });
  };

  it('charge no minute of an outage to a node, and every second in which it was really down', async () => {
    const rows = await nodes();
    expect(rows.map(({ peer_id: peerId }) => peerId)).toEqual([...truth.peers.keys()].sort());
    let down = 0;
    for (const row of rows) {
      const blind = blindTimes(row.peer_id);
      const known = to - from - covered(blind, from, to);
      const up = covered([...seenProcesses(row.peer_id), ...blind], from, to) - covered(blind, from, to);
      // An end by the collector is that of the last message: the time until the outage is not known either.
      expect(row.known_seconds, row.peer_id).toBeLessThan(known / 1000 + 1);
      expect(row.known_seconds, row.peer_id).toBeGreaterThan(known / 1000 - 25 * truth.outages.length);
      // Starts are known by the clock of the node.
      expect(Math.abs(row.down_seconds - (known - up) / 1000), row.peer_id).toBeLessThan(5);
      expect(row.availability).toBeCloseTo(up / known, 2);
      const heard = covered(ofNode(truth.links, row.peer_id), from, to);
      expect(row.heard_share).toBeGreaterThan((heard / known) * 0.98);
      expect(row.heard_share).toBeLessThanOrEqual(Math.min(1, heard / known + 0.001));
      expect(row.known_share).toBeCloseTo(known / (to - from), 2);
      down += row.down_seconds;
    }
    expect(down).toBeGreaterThan(1_000);
  });

  it('count restarts and lost links exactly, and continue after a node', async () => {
    const rows = await nodes();
    for (const { peer_id: peerId, restarts, links_lost: lost } of rows) {
      const links = ofNode(truth.links, peerId).sort((one, other) => one.began - other.began);
      const ended = links.map((link, index) => ({ ...link, next: links[index + 1]?.began ?? NaN }));
      const hasRestarted = ({ ended: at, next }: Link & { next: number }): boolean =>
        ofNode(truth.processes, peerId).some(({ began }) => began >= at && began <= next);
      const within = ended.filter(({ ended: at, next }) => isWithin(at) && next > 0);
      expect(restarts, peerId).toBe(within.filter(hasRestarted).length);
      const isLost = (link: Link & { next: number }): boolean =>
        link.cause !== 'collector' && !hasRestarted(link);
      expect(lost, peerId).toBe(within.filter(isLost).length);
    }
    const pages = await nodes({ limit: '10' });
    pages.push(...(await nodes({ limit: '100', cursor: pages.at(-1)?.peer_id ?? '' })));
    expect(pages).toEqual(rows);
  });

  it('tell the interruptions of a node, with the messages that prove their causes', async () => {
    const [row] = (await nodes()).filter(({ restarts, links_lost: lost }) => restarts > 0 && lost > 0);
    const path = `/nodes/${row?.peer_id ?? ''}/availability`;
    const answer = await get<{ chain: string; node: Availability; interruptions: Interruption[] }>(path);
    expect(answer.node).toEqual(row);
    expect(answer.chain).toBe(truth.peers.get(row?.peer_id ?? '')?.chain);
    const links = ofNode(truth.links, row?.peer_id ?? '').filter(
      ({ ended, cause }) => cause !== null && isWithin(ended),
    );
    expect(answer.interruptions).toHaveLength(links.length);
    const causes = new Map<string, number>();
    for (const { began_at, ended_at, cause, restarted, evidence } of answer.interruptions) {
      causes.set(cause, (causes.get(cause) ?? 0) + 1);
      expect(evidence).toHaveLength(ended_at === null ? 1 : 2);
      expect(ended_at === null || ended_at > began_at).toBe(true);
      const [before, after] = evidence;
      if (after !== undefined) expect(restarted).toBe(before?.startup_time !== after.startup_time);
      for (const { peer_id: peerId, msg, created_at: createdAt } of evidence) {
        const found = await database.query<{ startup: string }>(
          `SELECT logs->>'startup_time' AS startup FROM tetcore_logs
            WHERE msg = $1 AND created_at = $2 AND logs->>'network_id' = $3`,
          [msg, createdAt, peerId],
        );
        expect(evidence.map(({ startup_time: startup }) => startup.toString())).toContain(found[0]?.startup);
      }
    }
    expect([...causes.keys()]).toEqual(expect.arrayContaining(['restart', 'link_lost', 'observer']));
    const some = await get<{ interruptions: Interruption[] }>(path, { limit: '2' });
    expect(some.interruptions).toEqual(answer.interruptions.slice(0, 2));
  });

  it('show a roll-out: which nodes have the version when, and which do not', async () => {
    const answer = await get<Versions>('/chains/Simnet/versions', { resolution: 'minute' });
    const changes = truth.versions.filter(({ at }) => at < to);
    // Nodes have the version once they are connected again.
    const upgrades = changes
      .map(({ peerId, at }) =>
        Math.min(...ofNode(truth.links, peerId).flatMap(({ began }) => (began >= at - 1 ? [began] : []))),
      )
      .filter((at) => at < to)
      .sort((one, other) => one - other);
    const nodeCount = truth.peers.size;
    expect(upgrades.length).toBeGreaterThan(15);
    const rollout = answer.versions.find(({ version }) => version === '1.19.0');
    expect(rollout?.counts).toEqual(
      answer.points.map(({ time }) => upgrades.filter((at) => at < Date.parse(time) + MINUTE_MS).length),
    );
    expect(answer.points.every(({ expected }) => expected === nodeCount)).toBe(true);
    const first = upgrades[0] ?? NaN;
    expect(Math.abs(Date.parse(rollout?.first_seen_at ?? '') - first)).toBeLessThan(2);
    const reached = (share: number): number => (upgrades[Math.ceil(share * nodeCount) - 1] ?? NaN) - first;
    expect(rollout?.t50_seconds).toBe(Math.round(reached(0.5) / 1000));
    expect(rollout?.t90_seconds).toBeNull();
    const upgraded = new Set(changes.map(({ peerId }) => peerId));
    expect(answer.laggards.map(({ peer_id: peerId }) => peerId).sort()).toEqual(
      [...truth.peers.keys()].filter((peerId) => !upgraded.has(peerId)).sort(),
    );
    expect(answer.laggards.every(({ newest }) => newest === '1.19.0')).toBe(true);
    expect(answer.laggard_count).toBe(answer.laggards.length);
    // By days the same nodes, of which each was heard for an hour.
    const days = await get<Versions>('/chains/Simnet/versions', {
      resolution: 'day',
      end_time: new Date(startAt + 86_400_000).toISOString(),
    });
    const stored = await database.query<{ version: string; nodes: number }>(
      'SELECT version, sum(nodes)::integer AS nodes FROM insight_version_days GROUP BY version',
    );
    for (const { version, nodes: count } of stored) {
      const counts = days.versions.find((one) => one.version === version)?.counts ?? [];
      expect(counts.reduce((sum, one) => sum + one, 0)).toBe(count);
    }
  });

  it('count begins and ends by cause, and find crash loops', async () => {
    const answer = await get<Churn>('/chains/Simnet/churn', { resolution: 'minute' });
    const sumOf = (name: keyof Counts): number => answer.points.reduce((sum, point) => sum + point[name], 0);
    const until = Date.parse(answer.points.at(-1)?.time ?? '') + MINUTE_MS;
    const within = (at: number): boolean => at >= from && at < until;
    expect(sumOf('begins')).toBe(truth.links.filter(({ began }) => within(began)).length);
    expect(sumOf('ends')).toBe(truth.links.filter(({ ended }) => within(ended)).length);
    const rows = await nodes();
    expect(sumOf('links_lost')).toBe(rows.reduce((sum, { links_lost: lost }) => sum + lost, 0));
    expect(sumOf('observer_ends')).toBe(
      truth.links.filter(({ ended, cause }) => cause === 'collector' && within(ended)).length,
    );
    expect(sumOf('ends')).toBe(
      sumOf('restarts') + sumOf('links_lost') + sumOf('observer_ends') + sumOf('unknown_ends'),
    );
    const blind = answer.points.filter(({ known_share: share }) => share === 0);
    expect(blind.length).toBeGreaterThan(8);

    // Three restarts within 15 minutes, by the ends of the connections before them.
    const loops = [...truth.peers.keys()].flatMap((peerId) => {
      const links = ofNode(truth.links, peerId).sort((one, other) => one.began - other.began);
      const restarts = links.flatMap(({ ended }, index) => {
        const next = links[index + 1]?.began ?? -Infinity;
        return ofNode(truth.processes, peerId).some(({ began }) => began >= ended && began <= next)
          ? [ended]
          : [];
      });
      const spans: { peer_id: string; began: number; ended: number }[] = [];
      for (let index = 2; index < restarts.length; index += 1) {
        const [began = 0, , ended = 0] = restarts.slice(index - 2);
        if (ended - began > 15 * MINUTE_MS || !isWithin(ended)) continue;
        const last = spans.at(-1);
        if (last !== undefined && began <= last.ended) last.ended = ended;
        else spans.push({ peer_id: peerId, began, ended });
      }
      return spans.map((span) => ({
        peer_id: span.peer_id,
        restarts: restarts.filter((at) => at >= span.began && at <= span.ended).length,
      }));
    });
    const found = answer.restart_loops.map(({ peer_id, restarts }) => ({ peer_id, restarts }));
    const sorted = (all: { peer_id: string; restarts: number }[]): string[] =>
      all.map(({ peer_id, restarts }) => `${peer_id} ${restarts.toString()}`).sort();
    expect(sorted(found)).toEqual(sorted(loops));
    expect(loops.length).toBeGreaterThan(2);
    const crashed = new Set(
      truth.processes.filter(({ endCause }) => endCause === 'crash').map(({ peerId }) => peerId),
    );
    expect(found.filter(({ peer_id: peerId }) => crashed.has(peerId)).length).toBeGreaterThan(1);
  });

  it('have clear errors', async () => {
    for (const [path, status] of [
      ['/chains/Unknown/availability', 404],
      ['/chains/Unknown/versions', 404],
      ['/chains/Unknown/churn', 404],
      ['/nodes/unknown/availability', 404],
      ['/chains/Simnet/availability?start_time=2026-01-02&end_time=2026-01-01', 400],
      ['/nodes/unknown/availability?limit=0', 400],
      ['/chains/Simnet/churn?resolution=minute&start_time=2020-01-01', 400],
    ] as const) {
      expect((await server.get(path)).status, path).toBe(status);
    }
  });
});
