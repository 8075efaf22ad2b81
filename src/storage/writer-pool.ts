import { Inject, Injectable, Logger } from '@nestjs/common';
import pg, { type PoolClient } from 'pg';
import { Settings } from '../config/index.js';
import { DATABASE_URL } from './database-url.js';
import { WriteDeadlineError } from './sink/write-deadline.error.js';

/** A transaction of a writer is over within this time, one way or the other: milliseconds. Readers rely on it. */
export const TRANSACTION_LIMIT_MS = 10_000;
const CONNECT_TIMEOUT_MS = 5_000;

/** The connections that the writers share, apart from those that answer questions. */
@Injectable()
export class WriterPool {
  private readonly logger = new Logger(WriterPool.name);
  private readonly pool: pg.Pool;

  constructor(settings: Settings, @Inject(DATABASE_URL) url: string) {
    this.pool = new pg.Pool({
      connectionString: url,
      application_name: 'tetcore-analytics writer',
      max: settings.DB_POOL_SIZE,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      idleTimeoutMillis: 60_000,
      keepAlive: true,
      onConnect: (client) => prepare(client) as unknown as undefined,
    });
    // An idle connection that breaks has lost nothing: the next use makes a new one.
    this.pool.on('error', (error) => this.logger.debug(`An idle connection broke: ${error.message}`));
  }

  /**
   * Lends a connection. One on which something failed, or on which the work took longer than
   * {@link TRANSACTION_LIMIT_MS} (then with a WriteDeadlineError) or was aborted, is not used again.
   */
  async withClient<T>(work: (client: PoolClient) => Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted();
    const client = await this.pool.connect();
    let fail: (reason: Error) => void = () => undefined;
    const broken = new Promise<never>((_, reject) => (fail = reject));
    const cut = (reason: Error): void => {
      // Only this frees us from a server that is frozen: ending the connection politely waits for an answer.
      socketOf(client).destroy();
      fail(reason);
    };
    const abort = (): void => cut(signal?.reason instanceof Error ? signal.reason : new Error('aborted'));
    const timer = setTimeout(() => cut(new WriteDeadlineError(TRANSACTION_LIMIT_MS)), TRANSACTION_LIMIT_MS);
    const onError = (error: Error): void => fail(error);
    client.on('error', onError);
    signal?.addEventListener('abort', abort, { once: true });
    let failure: Error | undefined;
    try {
      const running = work(client);
      running.catch(() => undefined);
      return await Promise.race([running, broken]);
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error));
      throw failure;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      client.off('error', onError);
      client.release(failure);
    }
  }

  /** Ends every connection, after those that are lent have come back. */
  async close(): Promise<void> {
    await this.pool.end();
  }
}

async function prepare(client: pg.ClientBase): Promise<void> {
  const limit = `${TRANSACTION_LIMIT_MS.toString()}ms`;
  await client.query(
    `SELECT set_config('statement_timeout', $1, false),
    set_config('idle_in_transaction_session_timeout', $1, false),
    set_config('timezone', 'UTC', false),
    set_config('citus.max_adaptive_executor_pool_size', '1', false)`,
    [limit],
  );
}

function socketOf(client: pg.ClientBase): { destroy(): void } {
  return (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream;
}
