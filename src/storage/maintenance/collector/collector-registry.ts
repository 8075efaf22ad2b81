import { Injectable, Logger } from '@nestjs/common';
import { takeCollectorNumber } from './collector-numbers.js';
import { CollectorId } from './collector-id.js';
import { HeldBatches } from './held-batches.js';
import { WriterPool } from '../../connections/writer-pool.js';
import { COLLECTOR_DEAD_AFTER_MS } from '../../schema/index.js';
import { endLostConnections, LOST_AT_ONCE } from './lost-connections.js';

/** The end does not wait longer than this for a database that does not answer: milliseconds. */
const STOP_LIMIT_MS = 2_000;

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
    private readonly held: HeldBatches,
  ) {}

  /**
   * Says that this process is alive, and from which batch on it may store its own, also while batches keep every
   * connection of the writers. The first time it takes down its number, or another one where somebody has that.
   */
  async seen(): Promise<void> {
    await this.pool.withOwnClient(async (client) => {
      // Before anything is waited for: what comes meanwhile has higher ids.
      const { from } = this.held;
      // Whoever stored a batch of it may have taken it for one that has ended.
      const { rows } = await client.query<{ number: number }>(
        `UPDATE collectors SET last_seen_at = now(), stopped_at = NULL, holds_from = $2
          WHERE id = $1 RETURNING number`,
        [this.collector.id, from],
      );
      const number = rows[0]?.number ?? (await takeCollectorNumber(client, this.collector.identity));
      // Later on the sink does it: see renumberBatch of delivery.
      if (!this.registered && number !== this.collector.identity.number) this.collector.renumber(number);
    });
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
      for (let count = LOST_AT_ONCE; others.length > 0 && count === LOST_AT_ONCE;) {
        count = await this.endSome(others);
        ended += count;
      }
    } finally {
      if (ended > 0) this.logger.log(`Ended ${ended.toString()} connections of processes that no longer run.`);
    }
  }

  /** Numbers of other processes of which connections are open. */
  private async withOpenConnections(): Promise<number[]> {
    const { rows } = await this.pool.withClient(
      (client) =>
        client.query<{ collector: number }>(
          `SELECT DISTINCT collector FROM peer_connections
            WHERE ended_at IS NULL AND collector NOT IN (SELECT number FROM collectors WHERE id = $1)`,
          [this.collector.id],
        ),
      this.abort.signal,
    );
    return rows.map(({ collector }) => collector);
  }

  /** Who has come back since the last chunk is not taken for dead any more. */
  private endSome(others: readonly number[]): Promise<number> {
    return this.pool.withClient(async (client) => {
      const alive = await client.query<{ number: number }>(
        `SELECT number FROM collectors WHERE number = ANY($1) AND stopped_at IS NULL
            AND last_seen_at > now() - make_interval(secs => $2)`,
        [others, COLLECTOR_DEAD_AFTER_MS / 1000],
      );
      const living = new Set(alive.rows.map(({ number }) => number));
      return await endLostConnections(
        client,
        others.filter((number) => !living.has(number)),
      );
    }, this.abort.signal);
  }

  /** Says that this process has ended, and what it has left in its journal, where the database can be told. */
  async stop(): Promise<void> {
    this.abort.abort(new Error('the process is stopping'));
    if (!this.registered) return;
    try {
      await this.pool.withClient(
        (client) =>
          client.query(
            'UPDATE collectors SET last_seen_at = now(), stopped_at = now(), holds_from = $2 WHERE id = $1',
            [this.collector.id, this.held.from],
          ),
        AbortSignal.timeout(STOP_LIMIT_MS),
      );
    } catch (error) {
      this.logger.debug(`The end of this process could not be recorded: ${String(error)}`);
    }
  }
}
