import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Finds the connections that ended within a range of time, however many have ended before. Only `ended_at` is in the
 * index: what is written again and again in the row of an open connection is in none, so that such updates stay cheap.
 */
export class FindEndedConnections1764300000000 implements MigrationInterface {
  readonly name = 'FindEndedConnections1764300000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'CREATE INDEX peer_connections_ended_at ON peer_connections (ended_at) WHERE ended_at IS NOT NULL',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX peer_connections_ended_at');
  }
}
