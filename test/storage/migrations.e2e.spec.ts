import { DataSource, type MigrationInterface, type QueryRunner } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { migrations, schemaVersion } from '../../src/migrations/index.js';
import { PACKAGE_VERSION } from '../../src/platform/config/index.js';
import {
  ALL_INDEXES,
  dataSourceOptions,
  ensureDatabase,
  LaterSchemaError,
  MESSAGE_TYPES,
  migrate,
  PurgeState,
  SchemaOutdatedError,
  StoredMessageType,
} from '../../src/storage/index.js';
import { batch, row } from '../support/batches.js';
import { commandLine } from '../support/command-line.js';
import { TestDatabase } from '../support/databases.js';
import { FakeNode } from '../support/fake-node.js';
import { TestServer } from '../support/test-server.js';
import { TestStorage } from '../support/test-storage.js';
import { waitUntil } from '../support/wait-until.js';

async function withDataSource<T>(url: string, work: (dataSource: DataSource) => Promise<T>): Promise<T> {
  const dataSource = await new DataSource(dataSourceOptions(url)).initialize();
  try {
    return await work(dataSource);
  } finally {
    await dataSource.destroy();
  }
}

/** What there is in the schema `public`: `r` tables, `p` partitioned ones, `i` and `I` indexes, `S` sequences, `v` views. */
async function relations(database: TestDatabase): Promise<Record<string, string>> {
  const rows = await database.query<{ name: string; kind: string }>(
    `SELECT relname AS name, relkind AS kind FROM pg_class LEFT JOIN pg_index ON indexrelid = oid
      WHERE relnamespace = 'public'::regnamespace AND NOT relispartition
        AND relname NOT LIKE 'schema_migrations%' AND indrelid IS DISTINCT FROM 'schema_migrations'::regclass
      ORDER BY relname`,
  );
  return Object.fromEntries(rows.map(({ name, kind }) => [name, kind]));
}

describe('migrations', () => {
  it('create the tables, indexes and the view that dashboards read', async () => {
    await using database = await TestDatabase.create();
    expect(await relations(database)).toEqual({
      benchmark_events: 'r',
      benchmark_events_benchmark_created_at: 'i',
      benchmark_events_id_seq: 'S',
      benchmark_events_pkey: 'i',
      benchmarks: 'r',
      benchmarks_host_system_id: 'i',
      benchmarks_id_seq: 'S',
      benchmarks_pkey: 'i',
      chains: 'r',
      chains_id_seq: 'S',
      chains_key_key: 'i',
      chains_pkey: 'i',
      collector_clocks: 'r',
      collector_clocks_pkey: 'i',
      collectors: 'r',
      collectors_id_key: 'i',
      collectors_pkey: 'i',
      host_systems: 'r',
      host_systems_id_seq: 'S',
      host_systems_pkey: 'i',
      import_ids: 'r',
      import_ids_pkey: 'i',
      import_ranges: 'r',
      import_ranges_pkey: 'i',
      imports: 'r',
      imports_pkey: 'i',
      ingest_batches: 'r',
      ingest_batches_pkey: 'i',
      insight_arrivals: 'r',
      insight_arrivals_first_seen_at: 'i',
      insight_arrivals_pkey: 'i',
      insight_blocks: 'r',
      insight_blocks_chain_first_seen_at: 'i',
      insight_blocks_finalized_at: 'i',
      insight_blocks_first_seen_at: 'i',
      insight_blocks_hash: 'i',
      insight_blocks_not_canonical: 'i',
      insight_blocks_pkey: 'i',
      insight_dirty_hours: 'r',
      insight_dirty_hours_pkey: 'i',
      insight_known_gaps: 'r',
      insight_known_gaps_pkey: 'i',
      insight_days: 'r',
      insight_days_pkey: 'i',
      insight_hours: 'r',
      insight_hours_pkey: 'i',
      insight_hardware: 'r',
      insight_hardware_key: 'i',
      insight_hardware_node_last_at: 'i',
      insight_minutes: 'r',
      insight_minutes_minute: 'i',
      insight_minutes_pkey: 'i',
      insight_spans: 'r',
      insight_spans_began_at: 'i',
      insight_spans_chain_ended_at: 'i',
      insight_spans_pkey: 'i',
      insight_node_days: 'r',
      insight_node_days_chain_day: 'i',
      insight_node_days_pkey: 'i',
      insight_reports: 'r',
      insight_reports_connection_created_at: 'i',
      insight_reports_expiring: 'i',
      insight_reports_not_in_runs: 'i',
      insight_reports_pkey: 'i',
      insight_reputation_runs: 'r',
      insight_reputation_runs_peer_hour: 'i',
      insight_reputation_runs_report: 'i',
      insight_sessions: 'r',
      insight_sessions_chain_began_at: 'i',
      insight_sessions_chain_end: 'i',
      insight_sessions_node_end: 'i',
      insight_sessions_open: 'i',
      insight_sessions_pkey: 'i',
      insight_sessions_restarts: 'i',
      insight_sessions_node_restarts: 'i',
      insight_sessions_version_changes: 'i',
      insight_session_hours: 'r',
      insight_session_hours_pkey: 'i',
      insight_node_hours: 'r',
      insight_node_hours_clock_steps: 'i',
      insight_node_hours_hour: 'i',
      insight_node_hours_pkey: 'i',
      insight_state: 'r',
      insight_state_pkey: 'i',
      insight_webhook_events: 'r',
      insight_webhook_events_id_key: 'i',
      insight_webhook_events_number_seq: 'S',
      insight_webhook_events_pkey: 'i',
      insight_webhook_state: 'r',
      insight_webhook_state_pkey: 'i',
      insight_version_days: 'r',
      insight_version_days_pkey: 'i',
      logs_audit: 'p',
      logs_audit_connection_created_at: 'I',
      logs_audit_rare_types: 'I',
      logs_audit_stored_at: 'I',
      logs_expiring: 'p',
      logs_expiring_connection_created_at: 'I',
      logs_expiring_rare_types: 'I',
      logs_expiring_stored_at: 'I',
      logs_id_seq: 'S',
      message_types: 'r',
      message_types_name_key: 'i',
      message_types_pkey: 'i',
      node_registry: 'r',
      node_registry_pkey: 'i',
      node_status_pass: 'r',
      node_status_pass_pkey: 'i',
      node_statuses: 'r',
      node_statuses_changed_at: 'i',
      node_statuses_pkey: 'i',
      nodes: 'r',
      nodes_chain_id_peer_id_key: 'i',
      nodes_id_seq: 'S',
      nodes_pkey: 'i',
      observer_gaps: 'r',
      observer_gaps_began_at: 'i',
      observer_gaps_pkey: 'i',
      peer_connections: 'r',
      peer_connections_ended_at: 'i',
      peer_connections_open: 'i',
      peer_connections_peer_created_at: 'i',
      peer_connections_pkey: 'i',
      purge_state: 'r',
      purge_state_pkey: 'i',
      rejected_messages: 'r',
      rejected_messages_pkey: 'i',
      rejected_messages_received_at: 'i',
      tetcore_logs: 'v',
    });
    const columns = await database.query<{ table: string; names: string[] }>(
      `SELECT table_name AS table, array_agg(column_name::text ORDER BY ordinal_position) AS names
         FROM information_schema.columns WHERE table_name IN ('logs_expiring', 'logs_audit', 'tetcore_logs')
        GROUP BY 1 ORDER BY 1`,
    );
    const names = [
      'id',
      'created_at',
      'received_at',
      'stored_at',
      'peer_connection_id',
      'collector',
      'type',
      'logs',
    ];
    expect(columns.slice(0, 2)).toEqual([
      { table: 'logs_audit', names },
      { table: 'logs_expiring', names },
    ]);
    expect([...(columns[2]?.names ?? [])].sort()).toEqual([...names, 'audit', 'msg'].sort());
  });

  it('create the indexes that doctor and start compare with', async () => {
    await using database = await TestDatabase.create();
    const found = Object.entries(await relations(database)).filter(([, kind]) => /i/i.test(kind));
    expect([...ALL_INDEXES].sort()).toEqual(found.map(([name]) => name).sort());
  });

  it('create the columns of the entities, with their types, and no others', async () => {
    await using database = await TestDatabase.create();
    await withDataSource(database.url, async (dataSource) => {
      const found = await database.query<{ name: string; type: string; nullable: boolean }>(
        `SELECT format('%s.%s', table_name, column_name) AS name, data_type AS type,
                is_nullable = 'YES' OR table_name = 'tetcore_logs' AS nullable
           FROM information_schema.columns
          WHERE table_schema = 'public' AND table_name <> 'schema_migrations' ORDER BY 1`,
      );
      const described = dataSource.entityMetadatas.flatMap(({ tableName, columns, tableType }) =>
        columns.map((column) => ({
          name: `${tableName}.${column.databaseName}`,
          type:
            tableType === 'view' ? null : column.isArray ? 'ARRAY' : dataSource.driver.normalizeType(column),
          nullable: tableType === 'view' || column.isNullable,
        })),
      );
      const withoutViewTypes = found.map(({ name, type, nullable }) => ({
        name,
        type: name.startsWith('tetcore_logs.') ? null : type,
        nullable,
      }));
      const byName = (left: { name: string }, right: { name: string }): number =>
        left.name < right.name ? -1 : 1;
      expect(described.sort(byName)).toEqual(withoutViewTypes.sort(byName));
      for (const { target } of dataSource.entityMetadatas) {
        const rows = await dataSource.getRepository(target).find();
        if (target === PurgeState) {
          expect(rows).toEqual([{ id: true, succeededAt: expect.any(Date) as Date }]);
          continue;
        }
        expect(rows).toEqual(
          target === StoredMessageType ? MESSAGE_TYPES.map(([name, id]) => ({ id, name })) : [],
        );
      }
    });
  });

  it('create what the queries of the published dashboards need', async () => {
    await using database = await TestDatabase.create();
    await using storage = new TestStorage(database.url);
    const at = Date.now();
    const interval = (peers: number): string => JSON.stringify({ msg: 'system.interval', peers });
    await storage.store(
      batch({
        expiring: [
          row({ at, msg: 'system.interval', logs: interval(25) }),
          row({ at: at - 7_200_000, msg: 'system.interval', logs: interval(24) }),
          row({ at, msg: 'block.import', logs: '{"msg":"block.import"}' }),
        ],
        audit: [row({ at: at + 1, msg: 'system.interval', logs: interval(26) })],
      }),
    );
    const rows = await database.query(
      `SELECT created_at AS "time", CAST(logs->>'peers' AS INTEGER) FROM tetcore_logs
        WHERE created_at BETWEEN $1 AND $2 AND logs->>'msg' = 'system.interval' ORDER BY created_at`,
      [new Date(at - 3_600_000), new Date(at + 60_000)],
    );
    expect(rows).toEqual([
      { time: new Date(at), int4: 25 },
      { time: new Date(at + 1), int4: 26 },
    ]);
    expect(
      await database.query(
        'SELECT DISTINCT l.id > 0 AS id FROM tetcore_logs l LEFT JOIN peer_connections p ON p.id = l.peer_connection_id',
      ),
    ).toEqual([{ id: true }]);
  });

  it('can be reverted, also with stored messages, and applied again', async () => {
    await using database = await TestDatabase.create();
    const before = await relations(database);
    {
      await using storage = new TestStorage(database.url);
      await storage.store(batch({ expiring: [row()], audit: [row()] }));
    }
    await withDataSource(database.url, async (dataSource) => {
      for (let left = migrations.length; left > 0; left -= 1) {
        await dataSource.undoLastMigration({ transaction: 'each' });
      }
      expect(await relations(database)).toEqual({});
      expect(await migrate(database.url, dataSource)).toHaveLength(migrations.length);
    });
    expect(await relations(database)).toEqual(before);
  });

  it('keep the names under which databases have recorded them', () => {
    expect(migrations.map((Migration) => new Migration().name)).toEqual([
      'KeepMessages1764000000000',
      'KeepBenchmarks1764100000000',
      'KeepImports1764200000000',
      'KeepHistory1764300000000',
      'CreateInsightTables1764400000000',
      'CreateStatusTables1764500000000',
      'SummarizeSessions1764600000000',
    ]);
  });

  it('are applied once, by any number of servers that start at once without a database', async () => {
    await using database = TestDatabase.missing();
    const applied = await Promise.all(
      Array.from({ length: 5 }, async () => {
        await ensureDatabase(database.url);
        return await withDataSource(database.url, (dataSource) => migrate(database.url, dataSource));
      }),
    );
    expect(applied.map((names) => names.length).sort()).toEqual([0, 0, 0, 0, migrations.length]);
    expect(await database.query('SELECT name FROM schema_migrations')).toHaveLength(migrations.length);
  });

  it('are applied before those of a team, whatever their timestamps are', async () => {
    await using database = TestDatabase.missing();
    await ensureDatabase(database.url);
    const options = dataSourceOptions(database.url, [EarlyMigration1600000000000]);
    const dataSource = await new DataSource(options).initialize();
    const applied = await migrate(database.url, dataSource);
    expect(applied).toHaveLength(migrations.length + 1);
    expect(applied.at(-1)).toBe('EarlyMigration1600000000000');
    expect(await migrate(database.url, dataSource)).toEqual([]);
    await dataSource.destroy();
    expect(await database.query('SELECT * FROM early_peers')).toEqual([]);
  });

  it('have no time limit, and neither have servers that wait for the lock', async () => {
    await using database = await TestDatabase.create();
    await database.query(
      `ALTER DATABASE ${new URL(database.url).pathname.slice(1)} SET statement_timeout = 200`,
    );
    const options = { ...dataSourceOptions(database.url), migrations: [SlowMigration1990000000000] };
    const applied = await Promise.all(
      [1, 2].map(async () => {
        const dataSource = await new DataSource(options).initialize();
        return await migrate(database.url, dataSource).finally(() => dataSource.destroy());
      }),
    );
    expect(applied.flat()).toEqual(['SlowMigration1990000000000']);
  });

  it('are required if the server may not run them, and applied by `tetcore-analytics migrate`', async () => {
    await using database = TestDatabase.missing();
    const environment = { MIGRATE_ON_START: 'false' };
    {
      await using server = await TestServer.start(database.url, environment);
      await expect(server.server.ready).rejects.toThrow(SchemaOutdatedError);
      expect(await database.query(`SELECT to_regclass('tetcore_logs') AS view`)).toEqual([{ view: null }]);
    }
    const run = async (): Promise<string> =>
      (await commandLine(['migrate'], { DATABASE_URL: database.url })).stdout;
    expect(await run()).toContain('Applied KeepMessages');
    expect(await run()).toContain('up to date');
    await using server = await TestServer.ready(database.url, environment);
    expect((await server.get('/nodes')).status).toBe(200);
  });
});

describe('a schema of a later version', { timeout: 60_000 }, () => {
  const commentOf = async (database: TestDatabase): Promise<unknown> => {
    const [row] = await database.query<{ text: string }>(
      "SELECT obj_description('schema_migrations'::regclass) AS text",
    );
    return JSON.parse(row?.text ?? 'null');
  };
  /** What the next version does to a database. */
  const upgrade = async (database: TestDatabase, compatibleSince: number): Promise<object> => {
    const later = { version: '9.0.0', newest: 9_000_000_000_000, compatibleSince };
    await database.query(`
      CREATE TABLE added (id integer);
      INSERT INTO schema_migrations (timestamp, name) VALUES (9000000000000, 'AddTable9000000000000');
      COMMENT ON TABLE schema_migrations IS '${JSON.stringify(later)}'`);
    return later;
  };
  const { newest } = schemaVersion;

  it('is known by what each version records', async () => {
    await using database = await TestDatabase.create();
    const { compatibleSince } = schemaVersion;
    expect(await commentOf(database)).toEqual({ version: PACKAGE_VERSION, newest, compatibleSince });
  });

  it('is left alone by a running server, and refused by one that starts', async () => {
    await using database = await TestDatabase.create();
    await using running = await TestServer.ready(database.url);
    const later = await upgrade(database, 9_000_000_000_000);
    for (const MIGRATE_ON_START of ['true', 'false']) {
      await using server = await TestServer.start(database.url, { MIGRATE_ON_START });
      await expect(server.server.ready).rejects.toThrow(LaterSchemaError);
    }
    for (const args of [['migrate'], ['migrate', '--check']]) {
      const { code, stderr } = await commandLine(args, { DATABASE_URL: database.url });
      expect({ code, stderr }).toEqual({
        code: 1,
        stderr: expect.stringContaining('The database has the schema of version 9.0.0, on which') as string,
      });
    }
    const node = await FakeNode.connect(running.ws);
    await node.sendConnected({ network_id: 'QmOlder' });
    await waitUntil(async () => (await (await running.get('/nodes')).text()).includes('QmOlder'), {
      what: 'the node',
    });
    await node.close();
    expect(await commentOf(database)).toEqual(later);
  });

  it('is used if it is compatible, and stays recorded', async () => {
    await using database = await TestDatabase.create();
    const later = await upgrade(database, newest);
    await using server = await TestServer.ready(database.url);
    expect((await server.get('/nodes')).status).toBe(200);
    expect(await commentOf(database)).toEqual(later);
  });
});

/** Of a team, and dated before all of ours; stands on a table of them. */
class EarlyMigration1600000000000 implements MigrationInterface {
  readonly name = 'EarlyMigration1600000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE VIEW early_peers AS SELECT id FROM peer_connections');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP VIEW early_peers');
  }
}

class SlowMigration1990000000000 implements MigrationInterface {
  readonly name = 'SlowMigration1990000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('SELECT pg_sleep(0.5)');
  }

  async down(): Promise<void> {
    await Promise.resolve();
  }
}
