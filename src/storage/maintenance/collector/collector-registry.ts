import type { ClientBase } from 'pg';
import { Injectable, Logger } from '@nestjs/common';
import { WriterPool } from '../../connections/writer-pool.js';
import { COLLECTOR_DEAD_AFTER_MS, type EndReason } from '../../schema/index.js';
import { CollectorId, registerCollector } from './collector-id.js';
import { HeldBatches } from './stored-batches.js';

/** Connections per transaction. */
const CHUNK_ROWS = 2_000;
const LOST: EndReason = 'collector_lost';

/**
 * Ends open connections of processes that no longer run, at the time of their last message: up to {@link CHUNK_ROWS}.
 *
 * @param collectors the numbers of the processes
 * @returns the number of ended connections
 */
export async function endLostConnections(client: ClientBase, collectors: readonly number[]): Promise<number> {
  const { rowCount } = await client.query(
    // The last update of the row may be lost: messages of other types may be stored.
    `UPDATE peer_connections SET ended_at = last_message_at, end_reason = '${LOST}', types = NULL
      WHERE ended_at IS NULL AND id IN
        (SELECT id FROM peer_connections WHERE collector = ANY($1) AND ended_at IS NULL
          LIMIT ${CHUNK_ROWS.toString()})`,
    [collectors],
  );
  return rowCount ?? 0;
}

/** A stop does not wait longer than this for the database. */
const STOP_TIMEOUT_MS = 2_000;

/**
 * Maintains the row of this process in `collectors`, and ends the connections of dead processes. A process that seemed to
 * be dead, because its database could not be reached, reopens its rows with its next updates.
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
   * Updates the row of this process with the current time and the lowest batch id that it holds, on its own connection:
   * those of the pool may all be busy. The first call inserts the row, with another number if its own is taken.
   */
  async heartbeat(): Promise<void> {
    await this.pool.withOwnClient(async (client) => {
      // Read first: batches that are created meanwhile have higher ids.
      const { from } = this.held;
      // stopped_at: another process may have registered it as ended, to replay its journal.
      const { rows } = await client.query<{ number: number }>(
        `UPDATE collectors SET last_seen_at = now(), stopped_at = NULL, holds_from = $2
          WHERE id = $1 RETURNING number`,
        [this.collector.id, from],
      );
      const number = rows[0]?.number ?? (await registerCollector(client, this.collector.identity));
      // After the first batch, PostgresSink renumbers batches instead.
      if (!this.registered && number !== this.collector.identity.number) this.collector.renumber(number);
    });
    this.registered = true;
  }

  /** Ends the connections of dead processes. Concurrent calls share one run. */
  sweep(): Promise<void> {
    return (this.sweeping ??= this.sweepAll().finally(() => (this.sweeping = undefined)));
  }

  private async sweepAll(): Promise<void> {
    const others = await this.withOpenConnections();
    let ended = 0;
    try {
      // In chunks, so that no transaction exceeds its time limit.
      for (let count = CHUNK_ROWS; others.length > 0 && count === CHUNK_ROWS;) {
        count = await this.endSome(others);
        ended += count;
      }
    } finally {
      if (ended > 0)
        this.logger.log(`Ended ${ended.toString()} connections of processes that no longer run.`);
    }
  }

  /** The numbers of other processes with open connections. */
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

  /** Checks again which processes are alive: one may have come back since the last chunk. */
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

  /** Records the end of this process, and the lowest batch id in its journal, if the database responds. */
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
        AbortSignal.timeout(STOP_TIMEOUT_MS),
      );
    } catch (error) {
      this.logger.debug(`The end of this process could not be recorded: ${String(error)}`);
    }
  }
}
