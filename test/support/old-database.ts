import { kusamaMessages } from './real-messages.js';
import { TestDatabase } from './databases.js';
import { databaseNamed, onDatabase } from './on-database.js';

/** What the database of an old server looked like. */
export interface OldSchema {
  /** The table of messages: each of both programs has its own name for it. */
  logs: 'substrate_logs' | 'tetcore_logs';
  /** `2019`: before connections said more than an address, and benchmarks of the form with `benchmark_spec`. */
  version: '0.1.4' | '2019';
  /** Whether it is noted when the tables were made, as Diesel does. */
  noted?: boolean;
  encoding?: 'UTF8' | 'SQL_ASCII';
}

/** Statements that make what 0.1.4, or a version before it, had made. */
export function oldSchema({ logs, version, noted = true }: OldSchema): string[] {
  const is2019 = version === '2019';
  return [
    ...(noted
      ? [
          `CREATE TABLE __diesel_schema_migrations (
             version varchar(50) PRIMARY KEY, run_on timestamp NOT NULL DEFAULT now())`,
          "INSERT INTO __diesel_schema_migrations (version) VALUES ('20190211181154')",
        ]
      : []),
    `CREATE TABLE peer_connections (
       id serial PRIMARY KEY,
       ip_addr varchar NOT NULL,
       peer_id varchar,
       created_at timestamp NOT NULL DEFAULT now()
       ${is2019 ? '' : ', audit boolean NOT NULL DEFAULT false, name varchar, chain varchar, version varchar, authority boolean, startup_time bigint, implementation varchar'})`,
    `CREATE TABLE ${logs} (
       id serial PRIMARY KEY,
       created_at timestamp NOT NULL DEFAULT now(),
       logs jsonb NOT NULL,
       peer_connection_id integer NOT NULL REFERENCES peer_connections (id))`,
    `CREATE INDEX ${logs}_msg_idx ON ${logs} ((logs->>'msg'))`,
    `CREATE INDEX ${logs}_created_at_msg_idx ON ${logs} (created_at, (logs->>'msg'))`,
    `CREATE INDEX ${logs}_peerset_nodes_idx
       ON ${logs} USING gin ((logs->'state'->'peerset'->'nodes') jsonb_path_ops)`,
    `CREATE TABLE host_systems (
       id serial PRIMARY KEY, description varchar NOT NULL, os varchar NOT NULL, cpu_qty integer NOT NULL,
       cpu_clock integer NOT NULL, ram_mb integer NOT NULL, disk_info varchar NOT NULL)`,
    is2019
      ? `CREATE TABLE benchmarks (
           id serial PRIMARY KEY, ts_start timestamp NOT NULL DEFAULT now(), ts_end timestamp NOT NULL DEFAULT now(),
           description varchar, chain_spec jsonb, benchmark_spec jsonb,
           host_system_id integer NOT NULL REFERENCES host_systems (id))`
      : `CREATE TABLE benchmarks (
           id serial PRIMARY KEY, setup jsonb NOT NULL,
           created_at timestamp NOT NULL DEFAULT (now() AT TIME ZONE 'utc'))`,
    ...(is2019
      ? []
      : [
          `CREATE TABLE benchmark_events (
             id serial PRIMARY KEY, benchmark_id integer NOT NULL REFERENCES benchmarks (id), name varchar NOT NULL,
             phase varchar NOT NULL, created_at timestamp NOT NULL DEFAULT (now() AT TIME ZONE 'utc'))`,
        ]),
  ];
}

/** A database as an old server has left it, without any rows. `await using` drops it. */
export async function oldDatabase({
  encoding = 'UTF8',
  ...schema
}: Partial<OldSchema> = {}): Promise<TestDatabase> {
  const database = TestDatabase.missing();
  const name = new URL(database.url).pathname.slice(1);
  await onDatabase(databaseNamed(database.url, 'postgres'), (client) =>
    client.query(`CREATE DATABASE ${name} ENCODING '${encoding}' LOCALE 'C' TEMPLATE template0`),
  );
  const statements = oldSchema({ logs: 'substrate_logs', version: '0.1.4', ...schema });
  await onDatabase(database.url, (client) => client.query(statements.join(';\n')));
  return database;
}

export interface OldHistory {
  logs?: OldSchema['logs'];
  /** Connections, of which each tenth is audited where the schema knows of that, and each fifth peer comes again. */
  connections: number;
  messages: number;
  /** When the first message was sent; the others follow at even distances. */
  from: string;
  /** Days from the first message to the last. */
  days: number;
}

/** Fills an old database with real messages of numbered connections, each with an address of its own. */
export async function fillOldDatabase(
  url: string,
  { logs = 'substrate_logs', connections, messages, from, days }: OldHistory,
): Promise<void> {
  const kinds = kusamaMessages().filter(({ msg }) => msg !== 'system.network_state');
  await onDatabase(url, async (client) => {
    const columns = await client.query<{ name: string }>(
      "SELECT attname AS name FROM pg_attribute WHERE attrelid = 'peer_connections'::regclass AND attname = 'audit'",
    );
    const said = columns.rows.length > 0;
    const time = '$2::timestamp + make_interval(secs => 86400.0 * $3::float8 * n / $1::int)';
    await client.query(
      `INSERT INTO peer_connections (ip_addr, peer_id, created_at
              ${said ? ', audit, name, chain, version, authority, startup_time, implementation' : ''})
       SELECT '10.0.' || n / 250 || '.' || n % 250, CASE WHEN n % 17 <> 5 THEN 'Qm' || n * 4 / 5 END, ${time}
              ${said ? ", n % 10 = 3, 'node ' || n, 'Kusama CC3', '0.8.' || n % 9, n % 2 = 0, 1600000000123 + n, 'parity-polkadot'" : ''}
         FROM generate_series(0, $1::int - 1) AS n`,
      [connections, from, days],
    );
    await client.query(
      `INSERT INTO ${logs} (created_at, logs, peer_connection_id)
       SELECT ${time} + interval '1.000123 s', logs || jsonb_build_object('number', n), 1 + (n * 7) % $4::int
         FROM generate_series(0, $1::int - 1) AS n
         JOIN unnest($5::jsonb[]) WITH ORDINALITY AS kind (logs, i) ON kind.i = n % cardinality($5::jsonb[]) + 1
        ORDER BY n`,
      [messages, from, days, connections, kinds.map((kind) => JSON.stringify(kind))],
    );
  });
}
