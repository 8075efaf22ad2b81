import { Injectable, Logger } from '@nestjs/common';
import { hostname } from 'node:os';
import { PACKAGE_VERSION } from '../../config/index.js';
import { CollectorId } from '../../telemetry/index.js';
import { WriterPool } from '../writer-pool.js';

/** A server process that has not been seen for this long is taken for dead: seconds. */
const DEAD_AFTER_S = 60;
/** The end does not wait longer than this for a database that does not answer: milliseconds. */
const STOP_LIMIT_MS = 2_000;

/**
 * Keeps this process's row in `collectors`, and ends the connections of processes that died without doing so.
 * Whoever was taken for dead by mistake (its database was away, say) opens its rows again with its next news.
 */
@Injectable()
export class CollectorRegistry {
  private readonly logger = new Logger(CollectorRegistry.name);
  private registered = false;

  constructor(
    private readonly pool: WriterPool,
    private readonly collector: CollectorId,
  ) {}

  /** Says that this process is alive. */
  async seen(): Promise<void> {
    await this.pool.withClient((client) =>
      client.query(
        `INSERT INTO collectors (id, host, version, started_at, last_seen_at) VALUES ($1, $2, $3, now(), now())
         ON CONFLICT (id) DO UPDATE SET last_seen_at = now()`,
        [this.collector.id, hostname(), PACKAGE_VERSION],
      ),
    );
    this.registered = true;
  }

  /** Ends what dead processes left open. */
  async sweep(): Promise<void> {
    const ended = await this.pool.withClient(async (client) => {
      const open = await client.query<{ collector_id: string }>(
        'SELECT DISTINCT collector_id FROM peer_connections WHERE ended_at IS NULL AND collector_id <> $1',
        [this.collector.id],
      );
      const ids = open.rows.map((row) => row.collector_id);
      const alive = await client.query<{ id: string }>(
        `SELECT id FROM collectors WHERE id = ANY($1) AND stopped_at IS NULL
            AND last_seen_at > now() - make_interval(secs => $2)`,
        [ids, DEAD_AFTER_S],
      );
      const living = new Set(alive.rows.map((row) => row.id));
      const result = await client.query(
        `UPDATE peer_connections SET ended_at = last_message_at, end_reason = 'collector_lost'
          WHERE collector_id = ANY($1) AND ended_at IS NULL`,
        [ids.filter((id) => !living.has(id))],
      );
      return result.rowCount ?? 0;
    });
    if (ended > 0) this.logger.log(`Ended ${ended.toString()} connections of processes that are gone.`);
  }

  /** Says that this process has ended, where the database can be told. */
  async stop(): Promise<void> {
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
