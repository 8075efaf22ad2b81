import type { Random } from '../../src/simulator/random/random.js';
import { DAY_MS, type Peer } from './data/cast.js';
import { RARE_TARGET } from './data/kinds.js';
import { reportedByAll } from './data/reports.js';
import type { World } from './world.js';

/** A request that is measured. */
export interface Route {
  name: string;
  /** p95, at most: milliseconds. */
  barMs?: number;
  /** A path with its query; another one each time. */
  path: (world: World, random: Random) => string;
}

/** Types of which an ordinary peer has hundreds of messages. */
const TYPES = [
  'tracing.profiling',
  'block.import',
  'system.interval',
  'notify.finalized',
  'txpool.import',
  'afg.received_prevote',
];
const MAX_AGE_S = 3_600;

const LOGS_BAR_MS = 25;
const RARE_BAR_MS = 100;

export const ROUTES: readonly Route[] = [
  {
    name: '/nodes/logs of a type, in a time',
    barMs: LOGS_BAR_MS,
    path: ({ data }, random) => {
      const { start, end } = data;
      const from = random.between(start.getTime(), end.getTime() - 2 * DAY_MS);
      return logs(random.pick(data.cast.ordinary), {
        msg: random.pick(TYPES),
        ...times(new Date(from), new Date(from + random.between(DAY_MS, 2 * DAY_MS))),
      });
    },
  },
  {
    name: '/nodes/logs of a type',
    barMs: LOGS_BAR_MS,
    path: ({ data }, random) => logs(random.pick(data.cast.ordinary), { msg: random.pick(TYPES) }),
  },
  {
    name: '/nodes/logs of any type',
    barMs: LOGS_BAR_MS,
    path: ({ data }, random) => logs(random.pick(data.cast.ordinary)),
  },
  {
    name: '/nodes/logs of any type, oldest first',
    barMs: LOGS_BAR_MS,
    path: ({ data }, random) => logs(random.pick(data.cast.ordinary), { order: 'asc' }),
  },
  {
    name: '/nodes/logs of any type, from a cursor',
    barMs: LOGS_BAR_MS,
    path: ({ data, cursors }, random) => {
      const peer = random.pick(data.cast.ordinary);
      return logs(peer, { cursor: cursors.get(peer.peerId) ?? '' });
    },
  },
  {
    name: '/nodes/logs of a type with a frequent target',
    barMs: RARE_BAR_MS,
    path: ({ data }, random) =>
      logs(random.pick(data.cast.ordinary), { msg: 'tracing.profiling', target: 'pallet_balances' }),
  },
  {
    name: '/nodes/logs of a type with a rare target',
    barMs: RARE_BAR_MS,
    path: ({ data }, random) =>
      logs(random.pick(data.cast.ordinary), { msg: 'tracing.profiling', target: RARE_TARGET }),
  },
  {
    name: '/nodes/logs with a rare target',
    path: ({ data }, random) => logs(random.pick(data.cast.ordinary), { target: RARE_TARGET }),
  },
  { name: '/nodes', barMs: 60, path: () => '/nodes' },
  { name: '/nodes/{peer_id}', path: ({ data }, random) => `/nodes/${anyPeer(data.cast.peers, random)}` },
  {
    name: '/nodes/{peer_id}/connections',
    path: ({ data }, random) => `/nodes/${anyPeer(data.cast.peers, random)}/connections`,
  },
  {
    name: '/nodes/log_stats of 100,000 messages',
    barMs: 60,
    path: ({ data }) => query('/nodes/log_stats', { peer_id: data.cast.heavy.peerId }),
  },
  {
    name: '/nodes/log_stats',
    path: ({ data }, random) => query('/nodes/log_stats', { peer_id: anyPeer(data.cast.ordinary, random) }),
  },
  {
    name: '/nodes/peer_counts',
    path: ({ data }, random) =>
      query('/nodes/peer_counts', {
        peer_id: anyPeer(data.cast.ordinary, random),
        ...times(data.start, data.end),
      }),
  },
  {
    name: '/reputation of 100 reporters',
    barMs: 600,
    path: () => query('/reputation', { limit: '100', max_age_s: MAX_AGE_S.toString() }),
  },
  {
    name: '/reputation/logged of 100 reporters',
    barMs: 200,
    path: () => query('/reputation/logged', { limit: '100', max_age_s: MAX_AGE_S.toString() }),
  },
  {
    name: '/reputation/{peer_id}, an hour, 200 reports',
    barMs: 200,
    path: ({ data, reportedAt }) =>
      query(`/reputation/${reportedByAll(data.cast).peerId}`, {
        ...times(new Date(reportedAt.getTime() - 3_600_000), reportedAt),
        limit: '1000',
      }),
  },
  { name: '/stats/db', path: () => '/stats/db' },
  { name: '/stats/version', path: () => '/stats/version' },
  { name: '/host_systems', path: () => '/host_systems' },
  { name: '/benchmarks', path: () => '/benchmarks' },
  { name: '/benchmarks/{id}', path: ({ benchmarks }) => `/benchmarks/${one(benchmarks)}` },
  { name: '/benchmarks/{id}/targets', path: ({ benchmarks }) => `/benchmarks/${one(benchmarks)}/targets` },
  { name: '/benchmarks/{id}/events', path: ({ benchmarks }) => `/benchmarks/${one(benchmarks)}/events` },
  { name: '/benchmarks/{id}/profile', path: ({ benchmarks }) => `/benchmarks/${one(benchmarks)}/profile` },
  {
    name: '/benchmarks/compare',
    path: ({ benchmarks: [base, head] }) =>
      query('/benchmarks/compare', { base: (base ?? 0).toString(), head: (head ?? 0).toString() }),
  },
];

function logs(peer: Peer, more: Record<string, string> = {}): string {
  return query('/nodes/logs', { peer_id: peer.peerId, ...more, limit: '100' });
}

function times(from: Date, to: Date): Record<string, string> {
  return { start_time: from.toISOString(), end_time: to.toISOString() };
}

function query(path: string, parameters: Record<string, string>): string {
  return `${path}?${new URLSearchParams(parameters).toString()}`;
}

function anyPeer(peers: readonly Peer[], random: Random): string {
  return random.pick(peers).peerId;
}

function one(benchmarks: readonly number[]): string {
  return (benchmarks[0] ?? 0).toString();
}
