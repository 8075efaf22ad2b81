import type { MigrationInterface, QueryRunner } from 'typeorm';
import { distribute } from './citus.js';

const LOG_COLUMNS = `
  id bigint NOT NULL DEFAULT nextval('logs_id_seq'),
  created_at timestamptz NOT NULL,
  received_at timestamptz NOT NULL,
  stored_at timestamptz NOT NULL DEFAULT now(),
  peer_connection_id uuid NOT NULL,
  msg text,
  logs jsonb NOT NULL`;

/** Messages, the connections that they came by, and what makes storing them exactly-once. */
export class KeepMessages1764000000000 implements MigrationInterface {
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
        `CREATE INDEX ${table}_connection_msg_created_at ON ${table} (peer_connection_id, msg, created_at)`,
      );
      await runner.query(
        `CREATE INDEX ${table}_stored_at ON ${table} USING brin (stored_at) WITH (autosummarize = on)`,
      );
    }
    await runner.query(`
      CREATE TABLE peer_connections (
        id uuid PRIMARY KEY,
        ip_addr text NOT NULL,
        peer_id text,
        created_at timestamptz NOT NULL,
        audit boolean NOT NULL,
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
        collector_id uuid NOT NULL,
        revision integer NOT NULL,
        first_message_at timestamptz NOT NULL,
        last_message_at timestamptz NOT NULL,
        oldest_created_at timestamptz NOT NULL,
        newest_created_at timestamptz NOT NULL,
        ended_at timestamptz,
        end_reason text,
        end_code integer
      )`);
    await runner.query(
      'CREATE INDEX peer_connections_peer_created_at ON peer_connections (peer_id, created_at)',
    );
    await runner.query(
      'CREATE INDEX peer_connections_open ON peer_connections (collector_id) WHERE ended_at IS NULL',
    );
    await runner.query(
      'CREATE TABLE ingest_batches (id uuid PRIMARY KEY, stored_at timestamptz NOT NULL DEFAULT now())',
    );
    await runner.query(`
      CREATE TABLE rejected_messages (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        received_at timestamptz NOT NULL,
        stored_at timestamptz NOT NULL DEFAULT now(),
        peer_connection_id uuid,
        path text NOT NULL,
        ip_addr text NOT NULL,
        reason text NOT NULL,
        size integer NOT NULL,
        head bytea NOT NULL
      )`);
    await runner.query('CREATE INDEX rejected_messages_received_at ON rejected_messages (received_at)');
    await runner.query(`
      CREATE TABLE collectors (
        id uuid PRIMARY KEY,
        host text NOT NULL,
        version text NOT NULL,
        started_at timestamptz NOT NULL,
        last_seen_at timestamptz NOT NULL,
        stopped_at timestamptz
      )`);
    await distribute(runner);
    await runner.query(`
      CREATE VIEW tetcore_logs AS
        SELECT id, created_at, logs, peer_connection_id, msg, received_at, stored_at, false AS audit
          FROM logs_expiring
        UNION ALL
        SELECT id, created_at, logs, peer_connection_id, msg, received_at, stored_at, true AS audit
          FROM logs_audit`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP VIEW tetcore_logs');
    await runner.query(
      'DROP TABLE collectors, rejected_messages, ingest_batches, peer_connections, logs_audit, logs_expiring',
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
