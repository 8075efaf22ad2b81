import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Table names have a prefix to avoid conflicts with later versions of the server. */
export class KeepForks1795000000000 implements MigrationInterface {
  readonly name = 'KeepForks1795000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE fork_watch_blocks (
        chain_key text NOT NULL,
        chain text,
        kind text NOT NULL CHECK (kind IN ('best', 'finalized')),
        height bigint NOT NULL,
        hash text NOT NULL,
        peer_id text,
        seen_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (chain_key, kind, height, hash)
      )`);
    await runner.query('CREATE INDEX fork_watch_blocks_seen_at ON fork_watch_blocks (seen_at)');
    await runner.query(`
      CREATE TABLE fork_watch_forks (
        id bigserial PRIMARY KEY,
        found_at timestamptz NOT NULL DEFAULT now(),
        chain_key text NOT NULL,
        chain text,
        kind text NOT NULL,
        height bigint NOT NULL,
        hashes text[] NOT NULL,
        UNIQUE (chain_key, kind, height)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE fork_watch_forks');
    await runner.query('DROP TABLE fork_watch_blocks');
  }
}
