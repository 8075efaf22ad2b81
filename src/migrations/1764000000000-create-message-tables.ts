import type { MigrationInterface, QueryRunner } from 'typeorm';
import { distribute, registerMessageTypes } from './helpers.js';

/** The last message type of this migration. Later types have their own migrations. */
const LAST_TYPE = 35;

/** In an order without alignment padding. */
const LOG_COLUMNS = `
  id bigint NOT NULL DEFAULT nextval('logs_id_seq'),
  created_at timestamptz NOT NULL,
  received_at timestamptz NOT NULL,
  stored_at timestamptz NOT NULL DEFAULT now(),
  peer_connection_id bigint NOT NULL,
  collector integer NOT NULL,
  type smallint NOT NULL,
  logs jsonb NOT NULL`;

/** Messages, connections, and what exactly-once storage needs. */
export class CreateMessageTables1764000000000 implements MigrationInterface {
  // As recorded in databases since before the class was renamed.
  readonly name = 'KeepMessages1764000000000';

  async up(runner: QueryRunner): Promise<void> {
    // CACHE: a session reserves ids for a batch, so that writers do not contend for the sequence.
    await runner.query('CREATE SEQUENCE logs_id_seq AS bigint CACHE 1024');
    for (const table of ['logs_expiring', 'logs_audit']) {
      await runner.query(`CREATE TABLE ${table} (${LOG_COLUMNS}) PARTITION BY RANGE (created_at)`);
      if (await offersLz4(runner)) {
        await runner.query(`ALTER TABLE ${table} ALTER COLUMN logs SET COMPRESSION lz4`);
      }
      await runner.query(
        `CREATE INDEX ${table}_connection_created_at ON ${table} (peer_connection_id, created_at, type)`,
      );
      // For rare types that are searched over long time ranges. Small, since nearly all messages are of other types.
      await runner.query(
        `CREATE INDEX ${table}_rare_types ON ${table} (peer_connection_id, type, created_at) WHERE type < 16`,
      );
      await runner.query(
        `CREATE INDEX ${table}_stored_at ON ${table} USING brin (stored_at) WITH (autosummarize = on)`,
      );
    }
    // On a distributed database a key must contain the distribution column.
    await runner.query(`
      CREATE TABLE peer_connections (
        id bigint NOT NULL,
        collector integer NOT NULL,
        ip_addr text NOT NULL,
        created_at timestamptz NOT NULL,
        audit boolean NOT NULL,
        peer_id text,
        name text,
        chain text,
        version text,
        authority boolean,
        startup_time bigint,
        implementation text,
        config text,
        genesis_hash text,
        target_os text,
        target_arch text,
        target_env text,
        sysinfo jsonb,
        path text NOT NULL,
        socket_id uuid NOT NULL,
        envelope_id bigint,
        revision integer NOT NULL,
        first_message_at timestamptz NOT NULL,
        last_message_at timestamptz NOT NULL,
        oldest_created_at timestamptz NOT NULL,
        newest_created_at timestamptz NOT NULL,
        types smallint[],
        rtt_us integer,
        ended_at timestamptz,
        end_reason text,
        end_code integer,
        PRIMARY KEY (id, collector)
      )`);
    await runner.query(
      'CREATE INDEX peer_connections_peer_created_at ON peer_connections (peer_id, created_at)',
    );
    await runner.query(
      'CREATE INDEX peer_connections_open ON peer_connections (collector) WHERE ended_at IS NULL',
    );
    // For connections that ended within a time range. Columns that open connections update often are in no index.
    await runner.query(
      'CREATE INDEX peer_connections_ended_at ON peer_connections (ended_at) WHERE ended_at IS NOT NULL',
    );
    await runner.query(`
      CREATE TABLE ingest_batches (
        id uuid NOT NULL,
        collector integer NOT NULL,
        stored_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (id, collector)
      )`);
    await runner.query(`
      CREATE TABLE rejected_messages (
        id uuid NOT NULL DEFAULT gen_random_uuid(),
        collector integer NOT NULL,
        received_at timestamptz NOT NULL,
        stored_at timestamptz NOT NULL DEFAULT now(),
        peer_connection_id bigint,
        path text NOT NULL,
        ip_addr text NOT NULL,
        reason text NOT NULL,
        size integer NOT NULL,
        head bytea NOT NULL,
        PRIMARY KEY (id, collector)
      )`);
    await runner.query('CREATE INDEX rejected_messages_received_at ON rejected_messages (received_at)');
    await runner.query(`
      CREATE TABLE collectors (
        number integer PRIMARY KEY,
        id uuid NOT NULL UNIQUE,
        host text NOT NULL,
        version text NOT NULL,
        started_at timestamptz NOT NULL,
        last_seen_at timestamptz NOT NULL,
        stopped_at timestamptz,
        holds_from uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000'
      )`);
    await runner.query(`
      CREATE TABLE purge_state (
        id boolean PRIMARY KEY DEFAULT true CHECK (id),
        succeeded_at timestamptz NOT NULL
      )`);
    await runner.query('CREATE TABLE message_types (id smallint PRIMARY KEY, name text NOT NULL UNIQUE)');
    await distribute(runner);
    await runner.query('INSERT INTO purge_state (succeeded_at) VALUES (now())');
    await registerMessageTypes(runner, LAST_TYPE);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP VIEW tetcore_logs');
    await runner.query(
      `DROP TABLE message_types, purge_state, collectors, rejected_messages, ingest_batches, peer_connections, logs_audit,
                  logs_expiring`,
    );
    await runner.query('DROP SEQUENCE logs_id_seq');
  }
}

/** Several times faster than pglz for network states. Not every build of PostgreSQL has it. */
async function offersLz4(runner: QueryRunner): Promise<boolean> {
  const rows = (await runner.query(
    "SELECT 'lz4' = ANY (enumvals) AS offered FROM pg_settings WHERE name = 'default_toast_compression'",
  )) as { offered: boolean }[];
  return rows[0]?.offered === true;
}
