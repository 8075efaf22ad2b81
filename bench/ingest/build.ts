import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { onDatabase } from '../../test/support/on-database.js';
import type { BenchPostgres } from '../support/bench-postgres.js';
import { BenchServer, storedMessages } from '../support/bench-server.js';
import { cpuSeconds, postgresCpuSeconds } from '../support/cpu.js';

/** CPU that a stretch of work took: seconds. */
export interface Used {
  server: number;
  postgres: number;
}

/**
 * A running server with a database of its own. Of its tables nothing is taken for granted but the names of the two
 * that hold messages, since it may be of another version.
 */
export class Build implements AsyncDisposable {
  private constructor(
    readonly name: string,
    readonly server: BenchServer,
    readonly url: string,
    private readonly postgres: BenchPostgres,
  ) {}

  /** @param checkout undefined: this one */
  static async start(postgres: BenchPostgres, name: string, checkout?: string): Promise<Build> {
    const directory = checkout === undefined ? undefined : resolve(checkout);
    if (directory !== undefined && !existsSync(join(directory, 'dist/main.js'))) {
      throw new Error(`There is no dist/main.js in ${directory}; build it first.`);
    }
    const url = await postgres.fresh(`bench_ingest_${name}`);
    return new Build(name, await BenchServer.start(url, {}, directory), url, postgres);
  }

  /** Empties the tables, and waits until PostgreSQL has nothing left to do for what was. */
  async settle(): Promise<void> {
    await this.server.drained();
    await onDatabase(this.url, async (client) => {
      await client.query('TRUNCATE logs_expiring, logs_audit');
      await client.query('CHECKPOINT');
      for (;;) {
        const { rows } = await client.query(
          "SELECT FROM pg_stat_activity WHERE backend_type = 'autovacuum worker'",
        );
        if (rows.length === 0) return;
        await sleep(100);
      }
    });
  }

  /** What the work of a client costs, until the messages that it says to have sent are stored. */
  async costOf<T extends { sent: number }>(
    sockets: number,
    work: () => Promise<T>,
  ): Promise<{ output: T; messages: number; used: Used }> {
    const stored = await storedMessages(this.server.http);
    const before = await this.used();
    const output = await work();
    // Each socket has said who it is.
    const messages = output.sent + sockets;
    await this.server.hasStored(stored + messages);
    const after = await this.used();
    return {
      output,
      messages,
      used: { server: after.server - before.server, postgres: after.postgres - before.postgres },
    };
  }

  /** What the messages take on disk, with their indexes: bytes each. */
  async bytesPerMessage(): Promise<number> {
    return await onDatabase(this.url, async (client) => {
      const { rows } = await client.query<{ bytes: number }>(`
        SELECT (SELECT sum(pg_total_relation_size(inhrelid)) FROM pg_inherits
                 WHERE inhparent IN ('logs_expiring'::regclass, 'logs_audit'::regclass))::float8
               / ((SELECT count(*) FROM logs_expiring) + (SELECT count(*) FROM logs_audit)) AS bytes`);
      return rows[0]?.bytes ?? NaN;
    });
  }

  /** When the newest message was committed: milliseconds since the epoch. */
  async lastCommit(): Promise<number> {
    return await onDatabase(this.url, async (client) => {
      const { rows } = await client.query<{ ms: number }>(
        'SELECT extract(epoch FROM max(pg_xact_commit_timestamp(xmin)))::float8 * 1000 AS ms FROM logs_expiring',
      );
      return rows[0]?.ms ?? NaN;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
  }

  private async used(): Promise<Used> {
    const pids = await this.postgres.processes();
    return { server: cpuSeconds(this.server.pid), postgres: postgresCpuSeconds(pids) };
  }
}
