import { Logger } from '@nestjs/common';
import pg, { type PoolClient } from 'pg';
import { CONNECT_TIMEOUT_MS, CONNECTION_OPTIONS } from './connection-options.js';
import { WRITE_LIMIT_MS } from '../schema/index.js';
import { prepareSession, writerSettings } from './session-settings.js';
import { socketOf, StorageClient } from './storage-client.js';
import { WriteDeadlineError } from './write-deadline.error.js';

/** The connections that the writers share, apart from those that answer questions. */
export class WriterPool {
  private readonly logger = new Logger(WriterPool.name);
  private readonly pool: pg.Pool;

  /** @param size connections, at most */
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
    // An idle connection that breaks has lost nothing: the next use makes a new one.
    this.pool.on('error', (error) => this.logger.debug(`An idle connection broke: ${error.message}`));
  }

  /**
   * Lends a connection. One on which something failed, or on which the work took longer than the limit on
   * transactions (then with a WriteDeadlineError) or was aborted, is not used again.
   */
  async withClient<T>(work: (client: PoolClient) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const client = await this.connect(signal);
    let fail: (reason: Error) => void = () => undefined;
    const broken = new Promise<never>((_, reject) => (fail = reject));
    const cut = (reason: Error): void => {
      // Only this frees us from a server that is frozen: ending the connection politely waits for an answer.
      socketOf(client).destroy();
      fail(reason);
    };
    const abort = (): void => cut(reasonOf(signal));
    const timer = setTimeout(() => cut(new WriteDeadlineError(this.limitMs)), this.limitMs);
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

  /** Lends a connection of its own, for what must not wait until writers give one back. */
  async withOwnClient<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    const own = new WriterPool(this.url, 1, this.limitMs);
    try {
      return await own.withClient(work);
    } finally {
      await own.close();
    }
  }

  /** Ends every connection, after those that are lent have come back. */
  async close(): Promise<void> {
    await this.pool.end();
  }

  /** Waits for a connection, but not beyond the signal: one that comes later goes back at once. */
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
