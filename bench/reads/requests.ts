import type { ClientBase } from 'pg';
import type { Data } from './data/build.js';
import * as old from './old/sql.js';

const MINUTE_MS = 60_000;
const TYPE = 'block.import';

/** What is asked of both. */
export interface ReadRequest {
  name: string;
  /** The path and query of ours. */
  path: (data: Data) => string;
  /** Asks a database of 0.1.4. @returns the number of its rows */
  old: (client: ClientBase, data: Data) => Promise<number>;
  /** Whether both must answer with the same number of rows; 0.1.4 does not see reports of newer nodes. */
  sameRows: boolean;
}

export const REQUESTS: readonly ReadRequest[] = [
  { name: 'nodes', path: () => '/nodes', old: (client) => old.nodes(client), sameRows: true },
  logStats('log_stats, biggest node', 'biggest'),
  logStats('log_stats, second node', 'second'),
  logs('logs, biggest node: any type', 'biggest', () => ({ limit: 100 })),
  logs('logs, biggest node: any type, 30 minutes', 'biggest', ({ from, to }) => ({ from, to, limit: 100 })),
  logs('logs, biggest node: one type', 'biggest', () => ({ msg: TYPE, limit: 100 })),
  logs('logs, biggest node: one type, 30 minutes', 'biggest', ({ from, to }) => ({
    msg: TYPE,
    from,
    to,
    limit: 100,
  })),
  logs('logs, biggest node: one type, limit 10,000', 'biggest', () => ({ msg: TYPE, limit: 10_000 })),
  logs('logs, tracing node: type and target', 'tracer', ({ target }) => ({
    msg: 'tracing.profiling',
    target,
    limit: 100,
  })),
  logs('logs, median node: any type', 'median', () => ({ limit: 100 })),
  logs('logs, median node: one type', 'median', () => ({ msg: TYPE, limit: 100 })),
  logs('logs, median node: one type, 30 minutes', 'median', ({ from, to }) => ({
    msg: TYPE,
    from,
    to,
    limit: 100,
  })),
  logs('logs, node that left yesterday: any type', 'gone', () => ({ limit: 100 })),
  logs('logs, node that left yesterday: one type', 'gone', () => ({ msg: TYPE, limit: 100 })),
  {
    name: 'reputation, 60 s',
    path: (data) => `/reputation?max_age_s=${ageOf(data).toString()}`,
    old: (client, data) => old.reputation(client, sinceOf(data)),
    sameRows: false,
  },
  {
    name: 'reputation/logged, 60 s',
    path: (data) => `/reputation/logged?max_age_s=${ageOf(data).toString()}`,
    old: (client, data) => old.reputationLogged(client, sinceOf(data)),
    sameRows: false,
  },
  {
    name: 'reputation of a peer, 5 minutes',
    path: (data) => {
      const { from, to } = lastMinutes(data);
      const times = { start_time: from.toISOString(), end_time: to.toISOString() };
      return `/reputation/${data.cast.reported}?${new URLSearchParams(times).toString()}`;
    },
    old: (client, data) => {
      const { from, to } = lastMinutes(data);
      return old.peerReputation(client, data.cast.reported, from, to);
    },
    sameRows: false,
  },
  {
    name: 'stats/db',
    path: () => '/stats/db',
    old: (client) => old.databaseSizes(client),
    sameRows: false,
  },
];

type Who = 'biggest' | 'second' | 'median' | 'tracer' | 'gone';

function logStats(name: string, who: Who): ReadRequest {
  return {
    name,
    path: ({ cast }) => `/nodes/log_stats?peer_id=${cast[who].peerId}`,
    old: (client, { cast }) => old.logStats(client, cast[who].peerId),
    sameRows: true,
  };
}

function logs(
  name: string,
  who: Who,
  filtersOf: (given: { from: string; to: string; target: string }) => Omit<old.LogFilters, 'peerId'>,
): ReadRequest {
  const filters = ({ cast }: Data): old.LogFilters => {
    const { peerId, from, to } = cast[who];
    return { peerId, ...filtersOf({ from, to, target: cast.target }) };
  };
  return {
    name,
    path: (data) => {
      const { peerId, msg, target, from, to, limit } = filters(data);
      const given = { peer_id: peerId, msg, target, start_time: from, end_time: to, limit: limit.toString() };
      const query = Object.entries(given).filter(
        (entry): entry is [string, string] => entry[1] !== undefined,
      );
      return `/nodes/logs?${new URLSearchParams(query).toString()}`;
    },
    old: (client, data) => old.logs(client, filters(data), new Date()),
    sameRows: true,
  };
}

/** The age, now, of what was a minute old when the data ended: since then nothing has come in. */
function ageOf({ end }: Data): number {
  return Math.ceil((Date.now() - end.getTime() + MINUTE_MS) / 1000);
}

function sinceOf(data: Data): Date {
  return new Date(Date.now() - ageOf(data) * 1000);
}

function lastMinutes({ end }: Data): { from: Date; to: Date } {
  return { from: new Date(end.getTime() - 5 * MINUTE_MS), to: end };
}
