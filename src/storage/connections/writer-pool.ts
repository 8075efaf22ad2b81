import { Logger } from '@nestjs/common';
import pg, { type PoolClient } from 'pg';
import { WRITE_LIMIT_MS } from '../schema/index.js';
import { CONNECT_TIMEOUT_MS, CONNECTION_OPTIONS, prepareSession, writerSettings } from './sessions.js';
import { socketOf, StorageClient } from './storage-client.js';

/** A transaction exceeded its time limit. It may be committed or not. */
export class WriteDeadlineError extends Error {
  override readonly name = 'WriteDeadlineError';

  constructor(limitMs: number) {
    super(`The database did not finish within ${limitMs.toString()} ms.`);
  }
}

/** The connections of writers. Readers have their own pool. */
export class WriterPool {
  private readonly logger = new Logger(WriterPool.name);
  private readonly pool: pg.Pool;

  /** @param size the maximum number of connections */
  constructor(
    private readonly url: string,
    size: number,
    private readonly limitMs = WRITE_LIMIT_MS,
  ) {
    this.pool = new pg.Pool({
      connectionString: url,
      application_name: 'tetcore-analytics writer',
      Client: StorageClient,
      max: size,
      ...CONNECTION_OPTIONS,
      idleTimeoutMillis: 60_000,
      onConnect: (client) =>
        prepareSession(client, writerSettings(limitMs), CONNECT_TIMEOUT_MS) as unknown as undefined,
    });
    // Harmless: the pool opens another one.
    this.pool.on('error', (error) => this.logger.debug(`An idle connection broke: ${error.message}`));
  }

  /**
   * Runs work on a connection of the pool. The connection is closed if the work failed, was aborted, or exceeded the time
   * limit of a transaction, which throws a WriteDeadlineError.
   */
  async withClient<T>(work: (client: PoolClient) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const client = await this.connect(signal);
    let fail: (reason: Error) => void = () => undefined;
    const broken = new Promise<never>((_, reject) => (fail = reject));
    const terminate = (reason: Error): void => {
      // A graceful end would wait for a server that may be frozen.
      socketOf(client).destroy();
      fail(reason);
    };
    const abort = (): void => terminate(reasonOf(signal));
    const timer = setTimeout(() => terminate(new WriteDeadlineError(this.limitMs)), this.limitMs);
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

  /** Runs work on a new connection, without waiting for one of the pool. */
  async withOwnClient<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    const own = new WriterPool(this.url, 1, this.limitMs);
    try {
      return await own.withClient(work);
    } finally {
      await own.close();
    }
  }

  /** Closes all connections, once those in use are returned. */
  async close(): Promise<void> {
    await this.pool.end();
  }

  /** Waits for a connection until the signal aborts. One that comes later is returned to the pool. */
  private async connect(signal: AbortSignal | undefined): Promise<PoolClient> {
    signal?.throwIfAborted();
    const connecting = this.pool.connect();
    return await new Promise((resolve, reject) => {
      let aborted = false;
      const abort = (): void => {
        aborted = true;
        reject(reasonOf(signal));
      };
      signal?.addEventListener('abort', abort, { once: true });
      connecting
        .then((client) => (aborted ? client.release() : resolve(client)), reject)
        .finally(() => signal?.removeEventListener('abort', abort));
    });
  }
}

function reasonOf(signal: AbortSignal | undefined): Error {
  const reason: unknown = signal?.reason;
  return reason instanceof Error ? reason : new Error('The signal was aborted.');
}
