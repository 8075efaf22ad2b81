import type { MigrationInterface, QueryRunner } from 'typeorm';
import { distribute, registerMessageTypes } from './helpers.js';

/** The last type of messages that this migration knows; later ones come with a migration of their own. */
const LAST_TYPE = 35;

/** Columns in the order in which PostgreSQL aligns them without gaps. */
const LOG_COLUMNS = `
  id bigint NOT NULL DEFAULT nextval('logs_id_seq'),
  created_at timestamptz NOT NULL,
  received_at timestamptz NOT NULL,
  stored_at timestamptz NOT NULL DEFAULT now(),
  peer_connection_id bigint NOT NULL,
  collector integer NOT NULL,
  type smallint NOT NULL,
  logs jsonb NOT NULL`;

/** Messages, the connections that they came by, and what makes storing them exactly-once. */
export class CreateMessageTables1764000000000 implements MigrationInterface {
  // As recorded in databases since before the class was renamed.
  readonly name = 'KeepMessages1764000000000';

  async up(runner: QueryRunner): Promise<void> {
    // A session draws ids for a whole batch at once: taking turns at the sequence costs all writers otherwise.
    await runner.query('CREATE SEQUENCE logs_id_seq AS bigint CACHE 1024');
    for (const table of ['logs_expiring', 'logs_audit']) {
      await runner.query(`CREATE TABLE ${table} (${LOG_COLUMNS}) PARTITION BY RANGE (created_at)`);
      if (await offersLz4(runner)) {
        await runner.query(`ALTER TABLE ${table} ALTER COLUMN logs SET COMPRESSION lz4`);
      }
      await runner.query(
        `CREATE INDEX ${table}_connection_created_at ON ${table} (peer_connection_id, created_at, type)`,
      );
      // Of what is sent rarely and looked for over long times: small, since nearly all messages are of other types.
      await runner.query(
        `CREATE INDEX ${table}_rare_types ON ${table} (peer_connection_id, type, created_at) WHERE type < 16`,
      );
      await runner.query(
        `CREATE INDEX ${table}_stored_at ON ${table} USING brin (stored_at) WITH (autosummarize = on)`,
      );
    }
    // On a distributed database a key has the column that rows are distributed by.
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
    // Finds those that ended within a time. What an open connection writes again and again is in no index.
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

/** Several times faster than PostgreSQL's own compression on network states; not every build has it. */
async function offersLz4(runner: QueryRunner): Promise<boolean> {
  const rows = (await runner.query(
    "SELECT 'lz4' = ANY (enumvals) AS offered FROM pg_settings WHERE name = 'default_toast_compression'",
  )) as { offered: boolean }[];
  return rows[0]?.offered === true;
}
