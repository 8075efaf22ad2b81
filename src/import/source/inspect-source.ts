import type { ClientBase } from 'pg';
import {
  describeConnectionError,
  hasSqlState,
  MAX_CONNECTIONS,
  openSession,
  SqlState,
  type StorageClient,
} from '../../storage/index.js';
import { ImportError } from '../import-options.js';
import { databaseIdentity } from './source-identity.js';

/**
 * Checks the source before the target is changed.
 *
 * @throws ImportError if it is unreachable, not a database of 0.1.4, or the target itself
 */
export async function inspectSource(from: string, to: string): Promise<SourceTables> {
  const source = await openSource(from);
  try {
    await rejectTarget(source, to);
    await rejectStandby(source);
    const tables = await findTables(source, redactUrl(from));
    await rejectWideIds(source, tables);
    return tables;
  } finally {
    await source.end();
  }
}

async function openSource(from: string): Promise<StorageClient> {
  try {
    return await openSession(from, 'tetcore-analytics import', true);
  } catch (error) {
    throw connectionError(`source ${redactUrl(from)}`, error, from, '--from');
  }
}

async function rejectTarget(source: StorageClient, to: string): Promise<void> {
  let target: StorageClient;
  try {
    target = await openSession(to, 'tetcore-analytics import', true);
  } catch (error) {
    // The import creates it.
    if (hasSqlState(error, SqlState.UndefinedDatabase)) return;
    throw connectionError(`database of DATABASE_URL, ${redactUrl(to)}`, error, to);
  }
  try {
    if ((await databaseIdentity(source)) !== (await databaseIdentity(target))) return;
  } finally {
    await target.end();
  }
  throw new ImportError(
    '--from and DATABASE_URL are the same database. Set DATABASE_URL to a new database: the import creates it.',
  );
}

async function rejectStandby(source: StorageClient): Promise<void> {
  const { rows } = await source.query<{ standby: boolean }>('SELECT pg_is_in_recovery() AS standby');
  if (rows[0]?.standby !== true) return;
  throw new ImportError(
    'The source is a standby. A standby does not show open transactions of the primary, so the import could miss rows. ' +
      'Set --from to the primary, or to a copy that is no longer replicating.',
  );
}

/** Connection ids of the target consist of a collector number and a 32-bit number, which is the id in the source. */
async function rejectWideIds(source: StorageClient, { connections }: SourceTables): Promise<void> {
  const { rows } = await source.query<{ fit: boolean }>(
    `SELECT coalesce(min(id) >= 0 AND max(id) <= ${MAX_CONNECTIONS}, true) AS fit FROM ${connections.name}`,
  );
  if (rows[0]?.fit === true) return;
  throw new ImportError(
    `${connections.name} of the source has ids below 0 or above ${MAX_CONNECTIONS}, which 0.1.4 does not create. ` +
      'Renumber these connections and their messages in the source.',
  );
}

function connectionError(what: string, error: unknown, url: string, setting?: string): ImportError {
  const reason = describeConnectionError(error, url, setting);
  return new ImportError(`Cannot connect to the ${what}: ${reason}`, { cause: error });
}

/** A table of the source with its columns. Older versions lack some columns. */
export interface SourceTable {
  name: string;
  columns: ReadonlySet<string>;
}

export interface SourceTables {
  /** Message tables. There are two if both programs were used. */
  logs: readonly SourceTable[];
  connections: SourceTable;
  /** Optional tables, in the order of their references. */
  hostSystems: SourceTable | undefined;
  benchmarks: SourceTable | undefined;
  benchmarkEvents: SourceTable | undefined;
  /** The migration table of the program that created the tables. */
  migrations: SourceTable | undefined;
}

export const LOG_TABLE_NAMES = ['tetcore_logs', 'substrate_logs'] as const;
const NAMES = [
  ...LOG_TABLE_NAMES,
  'peer_connections',
  'host_systems',
  'benchmarks',
  'benchmark_events',
  '__diesel_schema_migrations',
];
/** PostgreSQL 9.6, the oldest version that supports the queries of the import. */
const OLDEST_VERSION = 90_600;

/**
 * Finds the tables of 0.1.4 in a database.
 *
 * @param where the database in error messages
 * @throws ImportError if they are missing, or if the tables are those of this version
 */
async function findTables(client: ClientBase, where: string): Promise<SourceTables> {
  await checkVersion(client, where);
  const { rows } = await client.query<{ name: string; kind: string; columns: string[] }>(
    `SELECT name, relkind AS kind,
            ARRAY(SELECT attname::text FROM pg_attribute
                   WHERE attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped) AS columns
       FROM unnest($1::text[]) AS name JOIN pg_class ON pg_class.oid = to_regclass(name)`,
    [[...NAMES, 'logs_expiring']],
  );
  const found = new Map(rows.map((row) => [row.name, row]));
  if (found.has('logs_expiring')) {
    throw new ImportError(`The source ${where} is a database of this version: there is nothing to import.`);
  }
  const table = (name: string): SourceTable | undefined => {
    const row = found.get(name);
    if (row === undefined || !['r', 'p'].includes(row.kind)) return undefined;
    return { name, columns: new Set(row.columns) };
  };
  const logs = LOG_TABLE_NAMES.map(table).filter((each) => each !== undefined);
  const connections = table('peer_connections');
  if (logs.length === 0 || connections === undefined) throw await missing(client, where);
  for (const each of logs) requireColumns(each, ['id', 'created_at', 'logs', 'peer_connection_id']);
  requireColumns(connections, ['id', 'ip_addr', 'peer_id', 'created_at']);
  return {
    logs,
    connections,
    hostSystems: table('host_systems'),
    benchmarks: table('benchmarks'),
    benchmarkEvents: table('benchmark_events'),
    migrations: table('__diesel_schema_migrations'),
  };
}

async function checkVersion(client: ClientBase, where: string): Promise<void> {
  const { rows } = await client.query<{ number: number; text: string }>(
    `SELECT current_setting('server_version_num')::int AS number, current_setting('server_version') AS text`,
  );
  const [version] = rows;
  if (version !== undefined && version.number < OLDEST_VERSION) {
    throw new ImportError(`The source ${where} runs PostgreSQL ${version.text}; 9.6 or later is required.`);
  }
}

function requireColumns(table: SourceTable, columns: readonly string[]): void {
  const lacking = columns.filter((column) => !table.columns.has(column));
  if (lacking.length === 0) return;
  throw new ImportError(
    `The table ${table.name} of the source has no column ${lacking.join(', ')}: it was created by a version before ` +
      '0.1, or by another program. Migrate it with 0.1.4 first.',
  );
}

async function missing(client: ClientBase, where: string): Promise<ImportError> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT oid::regclass::text AS name FROM pg_class
      WHERE relkind IN ('r', 'p') AND pg_table_is_visible(oid)
        AND relnamespace NOT IN (SELECT oid FROM pg_namespace WHERE nspname IN ('pg_catalog', 'information_schema'))
      ORDER BY 1 LIMIT 21`,
  );
  const names = rows.map(({ name }) => name);
  const more = names.length > 20 ? ' and more' : '';
  const there = names.length === 0 ? 'no tables' : `${names.slice(0, 20).join(', ')}${more}`;
  return new ImportError(
    `The source ${where} is not a database of 0.1.4, which has peer_connections and ${LOG_TABLE_NAMES.join(' or ')}. ` +
      `It has ${there}. If the tables are in another schema, add ?options=-csearch_path%3DNAME to the URL.`,
  );
}

/** Host and database of a URL, without credentials. */
export function redactUrl(url: string): string {
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`;
}
