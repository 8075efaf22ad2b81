import type { ClientBase } from 'pg';
import type { Settings } from '../../platform/config/index.js';
import {
  CLOCK_AHEAD_MS,
  COLLECTOR_DEAD_AFTER_MS,
  HOUR_MS,
  listFaults,
  listPartitions,
  LOG_TABLES,
  type LogTable,
  missingIndexes,
  missingRanges,
  type Partition,
  readClocks,
  READER_CONNECTIONS,
  schemaFaults,
  sqlInterval,
} from '../../storage/index.js';
import { formatAge } from '../output.js';
import { type Check, type Database, type Finding, ok, problem, warning } from './check.js';

/** Whether tables, columns and indexes are complete, as they are not after a restore that failed. */
export const schema: Check<Database> = {
  name: 'schema',
  run: async ({ dataSource }) => {
    const faults = await schemaFaults(dataSource);
    if (faults.length > 0) {
      return problem(
        `The schema is incomplete: ${listFaults(faults)}.`,
        'If a backup was restored, restore it again into an empty database, and check the output for errors.',
      );
    }
    const missing = await missingIndexes(dataSource);
    if (missing.length === 0) return ok('Tables, columns and indexes are complete.');
    return warning(
      `Indexes are missing or invalid, so queries and purges are slow: ${listFaults(missing)}.`,
      'Create them as in src/migrations, or repair them with REINDEX INDEX CONCURRENTLY.',
    );
  },
};

interface LiveServer {
  host: string;
  version: string;
}

/** Servers with a recent heartbeat: older ones are considered dead. */
export async function liveServers(client: ClientBase): Promise<LiveServer[]> {
  const { rows } = await client.query<LiveServer>(
    `SELECT host, version FROM collectors
      WHERE stopped_at IS NULL AND last_seen_at > now() - ${sqlInterval(COLLECTOR_DEAD_AFTER_MS)} ORDER BY started_at`,
  );
  return rows;
}

/** Running servers and their versions. */
export const servers: Check<Database> = {
  name: 'servers',
  run: async ({ client }) => {
    const seen = await liveServers(client);
    if (seen.length === 0)
      return ok('No server has sent a heartbeat to the database within the last minute.');
    const versions = new Set(seen.map(({ version }) => version));
    const list = seen.map(({ host, version }) => `${host} (${version})`).join(', ');
    if (versions.size === 1) return ok(`Servers with a heartbeat within the last minute: ${list}.`);
    return warning(
      `Servers of different versions use the database: ${list}.`,
      'Upgrade all of them to the same version: docs/operations.md#upgrading.',
    );
  },
};

/** Connections for migrations, health checks and heartbeats, beside writers and readers. */
const OTHER_CONNECTIONS = 5;
/** Share of the available connections above which there is a warning. */
const MAX_SHARE = 0.8;

/** Whether the database has enough connections for all servers. */
export const connections: Check<Database> = {
  name: 'connections',
  run: async ({ client, settings, replicas }) => {
    const count = replicas ?? Math.max(1, (await liveServers(client)).length);
    return connectionsFinding(count, settings.DB_POOL_SIZE, await available(client));
  },
};

/** @param offered number of connections that the database allows */
export function connectionsFinding(replicas: number, poolSize: number, offered: number): Finding {
  const needed = replicas * (poolSize + READER_CONNECTIONS + OTHER_CONNECTIONS);
  const whose = replicas === 1 ? 'one server' : `${replicas} servers`;
  const rule = `DB_POOL_SIZE (${poolSize}) + ${READER_CONNECTIONS} readers + ${OTHER_CONNECTIONS} others${replicas === 1 ? '' : ' each'}`;
  const found = `The database allows ${offered} connections, and ${whose} may need ${needed}: ${rule}.`;
  if (needed <= offered * MAX_SHARE) return ok(found);
  const advice = 'Raise max_connections of the database, or lower DB_POOL_SIZE.';
  if (needed > offered) return problem(found, advice);
  return warning(`${found} That is more than ${MAX_SHARE * 100} %.`, advice);
}

/** The lowest of the limits of the server, the database and the role. */
async function available(client: ClientBase): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    `SELECT least(
       current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
         - coalesce(current_setting('reserved_connections', true)::int, 0),
       (SELECT nullif(datconnlimit, -1) FROM pg_database WHERE datname = current_database()),
       (SELECT nullif(rolconnlimit, -1) FROM pg_roles WHERE rolname = current_user)) AS count`,
  );
  return rows[0]?.count ?? 0;
}

/** Servers create partitions two days ahead, every ten minutes. */
const AHEAD_MS = CLOCK_AHEAD_MS;
/** A query without a time range locks each partition. */
const MAX_PARTITIONS = 1_000;

/** Whether current partitions exist and expired ones are dropped. */
export const partitions: Check<Database> = {
  name: 'partitions',
  run: async ({ client, settings }) => {
    const served = (await liveServers(client)).length > 0;
    const { now } = await readClocks(client);
    const findings: Finding[] = [];
    for (const table of LOG_TABLES) {
      const all = await listPartitions(client, table);
      findings.push(...partitionFindings(table, all, settings, now, served));
      findings.push(...(await defaultFindings(client, table)));
    }
    return findings;
  },
};

/**
 * @param now milliseconds since the epoch
 * @param served whether servers are running, which create and drop partitions
 */
export function partitionFindings(
  table: LogTable,
  all: readonly Partition[],
  { LOG_EXPIRY_H, PURGE_INTERVAL_S }: Pick<Settings, 'LOG_EXPIRY_H' | 'PURGE_INTERVAL_S'>,
  now: number,
  served: boolean,
): Finding[] {
  const findings: Finding[] = [];
  if (missingRanges(all, now, now + AHEAD_MS, 'day').length > 0) {
    const text = `${table} is missing partitions for today or tomorrow.`;
    findings.push(
      served
        ? problem(text, 'Search the log of the servers for the reason.')
        : warning(text, 'A server creates them when it starts.'),
    );
  }
  const dueAt = now - LOG_EXPIRY_H * HOUR_MS - 2 * PURGE_INTERVAL_S * 1000;
  const expired = table === 'logs_expiring' ? all.filter(({ to }) => to <= dueAt) : [];
  if (expired.length > 0) {
    findings.push(
      warning(
        `${expired.length} expired partitions of ${table} have not been dropped: ${namesOf(expired)}.`,
        'Run tetcore-analytics purge. If it skips partitions, end the sessions that hold locks on them.',
      ),
    );
  }
  if (all.length > MAX_PARTITIONS) {
    findings.push(
      warning(
        `${table} has ${all.length} partitions: queries without a time range become slow.`,
        'Lower LOG_EXPIRY_H, or merge old partitions.',
      ),
    );
  }
  return findings.length > 0 ? findings : [ok(`${table} has all expected partitions (${all.length}).`)];
}

function namesOf(all: readonly Partition[]): string {
  const [first] = all;
  const last = all.at(-1);
  return first === last ? (first?.name ?? '') : `from ${first?.name ?? ''} to ${last?.name ?? ''}`;
}

/** The server creates no default partition; rows in one prevent the creation of partitions for their time. */
async function defaultFindings(client: ClientBase, table: LogTable): Promise<Finding[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT partdefid::regclass::text AS name FROM pg_partitioned_table
      WHERE partrelid = to_regclass($1) AND partdefid <> 0`,
    [table],
  );
  const [found] = rows;
  if (found === undefined) return [];
  const { rowCount } = await client.query(`SELECT 1 FROM ${found.name} LIMIT 1`);
  const advice = `Move its rows to ${table} once it is detached (ALTER TABLE ${table} DETACH PARTITION ${found.name}).`;
  return rowCount === 0
    ? [warning(`${table} has an unexpected default partition, ${found.name}. It is empty.`, advice)]
    : [problem(`The default partition ${found.name} of ${table} has rows, which never expire.`, advice)];
}

/** A purge is overdue after this many intervals and seconds. */
const OVERDUE_INTERVALS = 3;
const GRACE_S = 600;

/** The time of the last purge by any server. */
export const lastPurge: Check<Database> = {
  name: 'last purge',
  run: async ({ client, settings }) => {
    const { rows } = await client.query<{ age: number }>(
      'SELECT extract(epoch FROM now() - succeeded_at)::float8 AS age FROM purge_state',
    );
    const age = rows[0]?.age;
    if (age === undefined) return problem('The table purge_state is empty.', 'The next purge writes it.');
    const served = (await liveServers(client)).length > 0;
    return served ? lastPurgeFinding(age, settings) : ok(`${lastPurgeText(age)}. No server is running.`);
  },
};

/** @param ageS seconds since the last complete purge, or since the schema was created */
export function lastPurgeFinding(
  ageS: number,
  { PURGE_INTERVAL_S }: Pick<Settings, 'PURGE_INTERVAL_S'>,
): Finding {
  if (ageS <= OVERDUE_INTERVALS * PURGE_INTERVAL_S + GRACE_S) return ok(`${lastPurgeText(ageS)}.`);
  return warning(
    `${lastPurgeText(ageS)}, but PURGE_INTERVAL_S is ${PURGE_INTERVAL_S}.`,
    'Search the log of the servers for "A purge", or run tetcore-analytics purge and read its output.',
  );
}

/** Migrations insert a row when the database is created, so the time of that is indistinguishable from a purge. */
function lastPurgeText(ageS: number): string {
  return `Last purge or database creation: ${formatAge(ageS)} ago`;
}

/** Checks that need an up-to-date schema. */
export const schemaChecks: readonly Check<Database>[] = [servers, connections, partitions, lastPurge];
