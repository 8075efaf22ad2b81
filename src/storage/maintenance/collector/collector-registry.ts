import { Injectable, Logger } from '@nestjs/common';
import { hostname } from 'node:os';
import { PACKAGE_VERSION } from '../../../config/index.js';
import { CollectorId } from './collector-id.js';
import { WriterPool } from '../../connections/writer-pool.js';
import { COLLECTOR_DEAD_AFTER_MS } from '../../schema/index.js';

/** The end does not wait longer than this for a database that does not answer: milliseconds. */
const STOP_LIMIT_MS = 2_000;
/** Connections that are ended at once. */
const CHUNK = 2_000;

/**
 * Keeps this process's row in `collectors`, and ends the connections of processes that died without doing so.
 * Whoever was taken for dead by mistake (its database was away, say) opens its rows again with its next news.
 */
@Injectable()
export class CollectorRegistry {
  private readonly logger = new Logger(CollectorRegistry.name);
  private readonly abort = new AbortController();
  private registered = false;
  private sweeping: Promise<void> | undefined;

  constructor(
    private readonly pool: WriterPool,
    private readonly collector: CollectorId,
  ) {}

  /** Says that this process is alive, also while batches keep every connection of the writers. */
  async seen(): Promise<void> {
    await this.pool.withOwnClient((client) =>
      client.query(
        `INSERT INTO collectors (id, host, version, started_at, last_seen_at) VALUES ($1, $2, $3, now(), now())
         ON CONFLICT (id) DO UPDATE SET last_seen_at = now()`,
        [this.collector.id, hostname(), PACKAGE_VERSION],
      ),
    );
    this.registered = true;
  }

  /** Ends what dead processes left open. While it is at it, a second call waits for the first. */
  sweep(): Promise<void> {
    return (this.sweeping ??= this.sweepAll().finally(() => (this.sweeping = undefined)));
  }

  private async sweepAll(): Promise<void> {
    const others = await this.withOpenConnections();
    let ended = 0;
    try {
      // Each chunk is a transaction of its own, so that none of them meets the limit on time.
      for (let count = CHUNK; others.length > 0 && count === CHUNK;) {
        count = await this.endSome(others);
        ended += count;
      }
    } finally {
      if (ended > 0) this.logger.log(`Ended ${ended.toString()} connections of processes that are gone.`);
    }
  }

  /** Other processes of which connections are open. */
  private async withOpenConnections(): Promise<string[]> {
    const sql = 'SELECT DISTINCT collector_id AS id FROM peer_connections WHERE ended_at IS NULL';
    const { rows } = await this.pool.withClient(
      (client) => client.query<{ id: string }>(`${sql} AND collector_id <> $1`, [this.collector.id]),
      this.abort.signal,
    );
    return rows.map(({ id }) => id);
  }

  /** Who has come back since the last chunk is not taken for dead any more. */
  private endSome(others: readonly string[]): Promise<number> {
    return this.pool.withClient(async (client) => {
      const alive = await client.query<{ id: string }>(
        `SELECT id FROM collectors WHERE id = ANY($1) AND stopped_at IS NULL
            AND last_seen_at > now() - make_interval(secs => $2)`,
        [others, COLLECTOR_DEAD_AFTER_MS / 1000],
      );
      const living = new Set(alive.rows.map(({ id }) => id));
      const result = await client.query(
        `UPDATE peer_connections SET ended_at = last_message_at, end_reason = 'collector_lost'
          WHERE ended_at IS NULL AND id IN
            (SELECT id FROM peer_connections WHERE collector_id = ANY($1) AND ended_at IS NULL
              LIMIT ${CHUNK.toString()})`,
        [others.filter((id) => !living.has(id))],
      );
      return result.rowCount ?? 0;
    }, this.abort.signal);
  }

  /** Says that this process has ended, where the database can be told. */
  async stop(): Promise<void> {
    this.abort.abort(new Error('the process ends'));
    if (!this.registered) return;
    try {
      await this.pool.withClient(
        (client) =>
          client.query('UPDATE collectors SET last_seen_at = now(), stopped_at = now() WHERE id = $1', [
            this.collector.id,
          ]),
        AbortSignal.timeout(STOP_LIMIT_MS),
      );
    } catch (error) {
      this.logger.debug(`The end of this process could not be recorded: ${String(error)}`);
    }
  }
}
