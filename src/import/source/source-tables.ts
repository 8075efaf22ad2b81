import type { ClientBase } from 'pg';
import { ImportError } from '../import.error.js';

/** A table of the source, with the columns that it has: those of older versions lack some. */
export interface SourceTable {
  name: string;
  columns: ReadonlySet<string>;
}

export interface SourceTables {
  /** Of messages. Both names are there where somebody has used both programs. */
  logs: readonly SourceTable[];
  connections: SourceTable;
  /** Whichever are there, in the order in which they refer to each other. */
  hostSystems: SourceTable | undefined;
  benchmarks: SourceTable | undefined;
  benchmarkEvents: SourceTable | undefined;
  /** What the program that made the tables has noted of that. */
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
/** PostgreSQL 9.6: what is asked here is older than that. */
const OLDEST_VERSION = 90_600;

/**
 * Looks for the tables of 0.1.4 in a database.
 *
 * @param where the database, for people
 * @throws ImportError where it does not hold them, or holds those of this version
 */
export async function findTables(client: ClientBase, where: string): Promise<SourceTables> {
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
    throw new ImportError(
      `The source ${where} is a database of this version: there is nothing to import.`,
    );
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
