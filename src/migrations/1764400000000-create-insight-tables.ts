import type { MigrationInterface, QueryRunner } from 'typeorm';

const TABLES = [
  'insight_state',
  'insight_dirty_hours',
  'insight_known_gaps',
  'insight_blocks',
  'insight_arrivals',
  'insight_minutes',
  'insight_hours',
  'insight_days',
  'insight_node_hours',
  'insight_spans',
  'insight_hardware',
  'insight_webhook_state',
  'insight_webhook_events',
];
const SESSION_TABLES = ['insight_sessions', 'insight_node_days', 'insight_version_days'];
const REPORT_TABLES = ['insight_reports', 'insight_reputation_runs'];

/** Tables that are computed from the messages, and outlive them. */
export class CreateInsightTables1764400000000 implements MigrationInterface {
  readonly name = 'CreateInsightTables1764400000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE insight_state (
        id boolean PRIMARY KEY DEFAULT true CHECK (id),
        began_at timestamptz NOT NULL,
        closed_until timestamptz NOT NULL,
        stored_until timestamptz NOT NULL,
        passed_at timestamptz NOT NULL,
        reports_from timestamptz NOT NULL DEFAULT now(),
        owner uuid NOT NULL
      )`);
    await runner.query(`
      CREATE TABLE insight_dirty_hours (
        hour timestamptz PRIMARY KEY,
        first_marked_at timestamptz NOT NULL,
        marked_at timestamptz NOT NULL,
        rebuilt_at timestamptz,
        stored_from timestamptz,
        stored_until timestamptz
      )`);
    await runner.query(`
      CREATE TABLE insight_known_gaps (
        id uuid PRIMARY KEY,
        began_at timestamptz NOT NULL,
        ended_at timestamptz
      )`);
    await runner.query(`
      CREATE TABLE insight_blocks (
        height bigint NOT NULL,
        first_seen_at timestamptz NOT NULL,
        finalized_at timestamptz,
        chain_id integer NOT NULL,
        author_id integer,
        reporters integer NOT NULL,
        expected integer NOT NULL,
        arrived integer NOT NULL,
        p50_ms real,
        p90_ms real,
        p95_ms real,
        p99_ms real,
        spread_ms real,
        single_source boolean NOT NULL,
        canonical boolean,
        inferred boolean,
        hash bytea NOT NULL,
        parent_hash bytea,
        bins integer[] NOT NULL,
        PRIMARY KEY (chain_id, height, hash)
      )`);
    await runner.query(
      'CREATE INDEX insight_blocks_chain_first_seen_at ON insight_blocks (chain_id, first_seen_at)',
    );
    await runner.query('CREATE INDEX insight_blocks_hash ON insight_blocks USING hash (hash)');
    await runner.query('CREATE INDEX insight_blocks_first_seen_at ON insight_blocks (first_seen_at)');
    await runner.query('CREATE INDEX insight_blocks_finalized_at ON insight_blocks (finalized_at)');
    await runner.query(
      'CREATE INDEX insight_blocks_not_canonical ON insight_blocks (chain_id, first_seen_at, author_id) WHERE canonical IS NOT TRUE',
    );
    await runner.query(`
      CREATE TABLE insight_arrivals (
        height bigint NOT NULL,
        first_seen_at timestamptz NOT NULL,
        chain_id integer NOT NULL,
        hash bytea NOT NULL,
        nodes integer[] NOT NULL,
        delays_ms integer[] NOT NULL,
        PRIMARY KEY (chain_id, height, hash)
      )`);
    await runner.query('CREATE INDEX insight_arrivals_first_seen_at ON insight_arrivals (first_seen_at)');
    await runner.query(`
      CREATE TABLE insight_minutes (
        minute timestamptz NOT NULL,
        best bigint,
        finalized bigint,
        chain_id integer NOT NULL,
        nodes integer NOT NULL,
        lag_p50 real,
        lag_p90 real,
        blocks integer NOT NULL,
        heights integer NOT NULL,
        block_time_p50_ms real,
        block_time_p95_ms real,
        expected_arrivals integer NOT NULL,
        arrivals integer NOT NULL,
        propagation_p50_ms real,
        propagation_p90_ms real,
        propagation_p95_ms real,
        propagation_p99_ms real,
        spread_p50_ms real,
        final_heights integer NOT NULL,
        time_to_finality_p50_ms real,
        time_to_finality_p90_ms real,
        peer_bands integer[],
        bins integer[] NOT NULL,
        PRIMARY KEY (chain_id, minute)
      )`);
    await runner.query('CREATE INDEX insight_minutes_minute ON insight_minutes (minute)');
    await createSummaries(runner);
    await createNodeHours(runner);
    await createSpans(runner);
    await createSessionTables(runner);
    await createReportTables(runner);
    await createWebhookTables(runner);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE ${[...TABLES, ...SESSION_TABLES, ...REPORT_TABLES].join(', ')}`);
  }
}

/** Connections of nodes, and what follows from them. */
async function createSessionTables(runner: QueryRunner): Promise<void> {
  await runner.query(`
    CREATE TABLE insight_sessions (
      connection_id bigint NOT NULL,
      began_at timestamptz NOT NULL,
      ended_at timestamptz,
      startup_time bigint,
      startup_at timestamptz,
      process_began_at timestamptz NOT NULL,
      node_id integer NOT NULL,
      chain_id integer NOT NULL,
      collector integer NOT NULL,
      authority boolean,
      beside_another boolean NOT NULL,
      restarted boolean,
      version text,
      implementation text,
      end_reason text,
      end_cause text,
      PRIMARY KEY (node_id, began_at, connection_id)
    )`);
  // For those that overlap a time range: open ones have no end. Of all sessions that ended later, the index alone shows
  // which processes began earlier.
  await runner.query(
    "CREATE INDEX insight_sessions_node_end ON insight_sessions (node_id, coalesce(ended_at, 'infinity'::timestamptz), process_began_at)",
  );
  await runner.query(
    "CREATE INDEX insight_sessions_chain_end ON insight_sessions (chain_id, coalesce(ended_at, 'infinity'::timestamptz))",
  );
  await runner.query('CREATE INDEX insight_sessions_chain_began_at ON insight_sessions (chain_id, began_at)');
  await runner.query(
    'CREATE INDEX insight_sessions_open ON insight_sessions (connection_id) WHERE ended_at IS NULL',
  );
  await runner.query(
    'CREATE INDEX insight_sessions_restarts ON insight_sessions (chain_id, ended_at) WHERE restarted',
  );
  await runner.query(`
    CREATE TABLE insight_node_days (
      day date NOT NULL,
      node_id integer NOT NULL,
      chain_id integer NOT NULL,
      heard_seconds real NOT NULL,
      up_seconds real NOT NULL,
      known_seconds real NOT NULL,
      expected_seconds real NOT NULL,
      begins integer NOT NULL,
      ends integer NOT NULL,
      restarts integer NOT NULL,
      links_lost integer NOT NULL,
      observer_ends integer NOT NULL,
      unknown_ends integer NOT NULL,
      authority boolean,
      version text,
      implementation text,
      PRIMARY KEY (node_id, day)
    )`);
  await runner.query('CREATE INDEX insight_node_days_chain_day ON insight_node_days (chain_id, day)');
  await runner.query(`
    CREATE TABLE insight_version_days (
      day date NOT NULL,
      chain_id integer NOT NULL,
      nodes integer NOT NULL,
      version text NOT NULL,
      implementation text NOT NULL,
      PRIMARY KEY (chain_id, day, version, implementation)
    )`);
}

/** What went on for longer than a minute: few rows, which stay. */
async function createSpans(runner: QueryRunner): Promise<void> {
  await runner.query(`
    CREATE TABLE insight_spans (
      began_at timestamptz NOT NULL,
      ended_at timestamptz,
      height bigint NOT NULL,
      chain_id integer NOT NULL,
      node_id integer NOT NULL,
      kind text NOT NULL,
      PRIMARY KEY (chain_id, node_id, kind, began_at)
    )`);
  await runner.query('CREATE INDEX insight_spans_chain_ended_at ON insight_spans (chain_id, ended_at)');
  await runner.query('CREATE INDEX insight_spans_began_at ON insight_spans (began_at)');
}

/** Hours and days of chains, which stay. */
async function createSummaries(runner: QueryRunner): Promise<void> {
  for (const bucket of ['hour', 'day']) {
    await runner.query(`
      CREATE TABLE insight_${bucket}s (
        ${bucket} timestamptz NOT NULL,
        best bigint,
        finalized bigint,
        chain_id integer NOT NULL,
        minutes integer NOT NULL,
        nodes integer NOT NULL,
        lag_p50 real,
        lag_p90 real,
        lag_max real,
        blocks integer NOT NULL,
        heights integer NOT NULL,
        orphans integer NOT NULL,
        block_time_p50_ms real,
        block_time_p95_ms real,
        block_time_max_ms real,
        expected_arrivals bigint NOT NULL,
        arrivals bigint NOT NULL,
        propagation_p50_ms real,
        propagation_p90_ms real,
        propagation_p95_ms real,
        propagation_p99_ms real,
        spread_p50_ms real,
        final_heights integer NOT NULL,
        time_to_finality_p50_ms real,
        time_to_finality_p90_ms real,
        peer_minutes integer NOT NULL DEFAULT 0,
        peer_bands bigint[],
        bins bigint[] NOT NULL,
        PRIMARY KEY (chain_id, ${bucket})
      )`);
  }
}

/** Hours of nodes. */
async function createNodeHours(runner: QueryRunner): Promise<void> {
  // Rows are updated each minute until their hour ends: those of a page find room in it.
  await runner.query(`
    CREATE TABLE insight_node_hours (
      hour timestamptz NOT NULL,
      clock_offset_us bigint,
      download_sum bigint NOT NULL,
      upload_sum bigint NOT NULL,
      chain_id integer NOT NULL,
      node_id integer NOT NULL,
      imports integer NOT NULL,
      expected integer NOT NULL,
      arrived integer NOT NULL,
      behind_sum integer NOT NULL,
      peers_max bigint,
      minutes smallint NOT NULL,
      chain_reports smallint NOT NULL,
      network_reports smallint NOT NULL,
      behind_minutes smallint NOT NULL,
      clock_steps smallint NOT NULL,
      delay_bins smallint[] NOT NULL,
      lag_bins bytea NOT NULL,
      peers_bins bytea NOT NULL,
      txcount_bins bytea NOT NULL,
      PRIMARY KEY (chain_id, node_id, hour)
    ) WITH (fillfactor = 75)`);
  await runner.query('CREATE INDEX insight_node_hours_hour ON insight_node_hours (hour, chain_id)');
  await runner.query(`
    CREATE TABLE insight_hardware (
      first_at timestamptz NOT NULL,
      last_at timestamptz NOT NULL,
      chain_id integer NOT NULL,
      node_id integer NOT NULL,
      cpu_score integer NOT NULL,
      memory_score integer NOT NULL,
      disk_sequential_score integer,
      disk_random_score integer,
      parallel_cpu_score integer,
      parallel_cpu_cores integer,
      CONSTRAINT insight_hardware_key UNIQUE NULLS NOT DISTINCT (chain_id, node_id, cpu_score, memory_score,
        disk_sequential_score, disk_random_score, parallel_cpu_score, parallel_cpu_cores)
    )`);
  await runner.query(
    'CREATE INDEX insight_hardware_node_last_at ON insight_hardware (chain_id, node_id, last_at, first_at)',
  );
  await runner.query(
    'CREATE INDEX insight_node_hours_clock_steps ON insight_node_hours (chain_id, hour) WHERE clock_steps > 0',
  );
}

/** What nodes report of their peers. It expires with the messages. */
async function createReportTables(runner: QueryRunner): Promise<void> {
  await runner.query(`
    CREATE TABLE insight_reports (
      id bigint PRIMARY KEY,
      created_at timestamptz NOT NULL,
      peer_connection_id bigint NOT NULL,
      collector integer NOT NULL,
      audit boolean NOT NULL,
      in_runs boolean NOT NULL
    )`);
  await runner.query(
    'CREATE INDEX insight_reports_connection_created_at ON insight_reports (peer_connection_id, created_at, id)',
  );
  await runner.query(
    'CREATE INDEX insight_reports_expiring ON insight_reports (created_at, id) WHERE NOT audit',
  );
  await runner.query(
    'CREATE INDEX insight_reports_not_in_runs ON insight_reports (created_at, id) WHERE NOT in_runs',
  );
  // The largest of these tables: no primary key, whose index would be as large as the table. Equal keys of the other
  // indexes take little space.
  await runner.query(`
    CREATE TABLE insight_reputation_runs (
      report_id bigint NOT NULL,
      hour integer NOT NULL,
      connected boolean,
      peer bytea NOT NULL,
      reputation numeric
    )`);
  await runner.query(
    'CREATE INDEX insight_reputation_runs_peer_hour ON insight_reputation_runs (peer, hour)',
  );
  await runner.query('CREATE INDEX insight_reputation_runs_report ON insight_reputation_runs (report_id)');
}

/** Events that are sent to a URL. */
async function createWebhookTables(runner: QueryRunner): Promise<void> {
  await runner.query(`
    CREATE TABLE insight_webhook_state (
      id boolean PRIMARY KEY DEFAULT true CHECK (id),
      since timestamptz NOT NULL
    )`);
  await runner.query(`
    CREATE TABLE insight_webhook_events (
      number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      captured_at timestamptz NOT NULL DEFAULT now(),
      finished_at timestamptz,
      chain_id integer,
      delivered boolean,
      id uuid NOT NULL UNIQUE,
      type text NOT NULL,
      phase text NOT NULL,
      body json NOT NULL
    )`);
}
