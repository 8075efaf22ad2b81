import type { BatchSink } from '../../delivery/index.js';
import type { Settings } from '../../platform/config/index.js';
import { typeNumber } from '../../storage/index.js';
import {
  type Batch,
  BatchBuilder,
  createdAt,
  identify,
  type ParsedMessage,
  parseFrame,
  readIdentity,
  REJECTED_HEAD_BYTES,
} from '../../telemetry/index.js';
import type { SimulatedNode } from '../nodes/simulated-node.js';
import { MessageSink } from '../play/message-sink.js';
import type { Host } from '../world/population.js';
import { HistoryDatabase, withRetries, WriteError } from './history-database.js';
import { HistorySocket } from './history-socket.js';

/** Stores batches concurrently. */
class BatchWriters {
  /** Stored and rejected messages. */
  stored = 0;
  rejected = 0;
  private readonly running = new Set<Promise<void>>();
  private failure: Error | undefined;

  /**
   * @param limit maximum number of concurrent batches
   * @param stop once it is aborted, failures are not retried
   */
  constructor(
    private readonly sink: Pick<BatchSink, 'store'>,
    private readonly limit: number,
    private readonly stop: AbortSignal,
  ) {}

  /**
   * Starts storing a batch, and resolves when another batch can be started.
   *
   * @throws WriteError if this or an earlier batch cannot be stored
   */
  async store(batch: Batch): Promise<void> {
    this.throwIfFailed();
    const task = this.deliver(batch)
      .catch((error: unknown) => {
        this.failure ??= new WriteError(error);
      })
      .finally(() => this.running.delete(task));
    this.running.add(task);
    if (this.running.size >= this.limit) await Promise.race(this.running);
    this.throwIfFailed();
  }

  /** Resolves when all batches are stored. Throws as `store` does. */
  async drain(): Promise<void> {
    await Promise.all(this.running);
    this.throwIfFailed();
  }

  private async deliver(batch: Batch): Promise<void> {
    // A running write is never aborted: its outcome would be unknown.
    const never = new AbortController().signal;
    const { rejected } = await withRetries(() => this.sink.store(batch, never), {
      action: 'store a batch',
      stop: this.stop,
      isObsolete: () => this.failure !== undefined,
    });
    this.rejected += rejected.length;
    this.stored += batch.expiring.rows + batch.audit.rows - rejected.length;
  }

  private throwIfFailed(): void {
    if (this.failure !== undefined) throw this.failure;
  }
}

interface DatabaseSinkOptions {
  /** The database: `postgres://` or `postgresql://`. */
  url: string;
  /** `LOG_EXPIRY_H` determines the width of partitions, `NUM_THREADS` the number of concurrent batches. */
  settings: Settings;
  /** Stops waiting for an unavailable database. */
  signal?: AbortSignal | undefined;
}

/** Counters. Messages are counted when they are stored. */
interface DatabaseTotals {
  stored: number;
  /** Messages in `rejected_messages`. */
  rejected: number;
  /** Messages of too many ids or nodes on a socket, which a server would drop. */
  dropped: number;
  /** Opened sockets. */
  opened: number;
}

/** Smaller batches are slower; larger ones are not faster. */
const BATCH_SIZE = 2_048;
/** Maximum batch size in characters, because network states are large. */
const BATCH_LENGTH = 4 * 1024 * 1024;

/**
 * Writes messages and connections to a database as a server would have done at the time they were sent. Timestamps of
 * nodes are checked against simulated time.
 */
export class DatabaseSink extends MessageSink {
  private readonly writers: BatchWriters;
  private readonly sockets = new Map<number, HistorySocket>();
  private readonly batch: BatchBuilder;
  private reachedAt = 0;
  private rejected = 0;
  private dropped = 0;
  private opened = 0;

  private constructor(
    private readonly database: HistoryDatabase,
    { settings }: DatabaseSinkOptions,
    signal: AbortSignal,
  ) {
    super();
    this.batch = new BatchBuilder(database);
    this.writers = new BatchWriters(database, settings.NUM_THREADS, signal);
  }

  /** Connects, and makes the database ready. @throws as {@link HistoryDatabase.open} does */
  static async open(options: DatabaseSinkOptions): Promise<DatabaseSink> {
    const { url, settings, signal = new AbortController().signal } = options;
    return new DatabaseSink(await HistoryDatabase.open(url, settings, signal), options, signal);
  }

  /** Returns a promise for each full batch, which resolves when another batch can be started. */
  message(node: SimulatedNode, text: string, at: number): void | Promise<void> {
    const socket = this.sockets.get(node.host);
    if (socket === undefined) throw new RangeError('A node has sent a message before its socket was opened.');
    this.reachedAt = at;
    const frame = Buffer.from(text);
    const parsed = parseFrame(frame);
    if (parsed.kind === 'message') {
      this.accept(socket, parsed.message, at);
    } else {
      this.rejected += 1;
      this.batch.reject({
        receivedAt: at,
        connectionId: socket.connections.get(parsed.envelopeId)?.id ?? null,
        path: socket.endpoint.path,
        ipAddr: socket.ipAddr,
        reason: parsed.reason,
        size: frame.length,
        head: Buffer.from(frame.subarray(0, REJECTED_HEAD_BYTES)),
      });
    }
    const isFull = this.batch.messages >= BATCH_SIZE || this.batch.approximateBytes >= BATCH_LENGTH;
    return isFull ? this.flush() : undefined;
  }

  override connected(host: Host, at: number): void {
    const socket = new HistorySocket(
      host,
      at,
      this.database,
      () => this.reachedAt,
      (connection) => this.batch.addConnection(connection),
    );
    this.sockets.set(host.index, socket);
    this.opened += 1;
  }

  override disconnected(host: Host, at: number): void {
    for (const connection of this.sockets.get(host.index)?.end(at) ?? [])
      this.batch.addConnection(connection);
    this.sockets.delete(host.index);
  }

  /** What was heard until then is stored, as the journal of a server that was killed would bring it. */
  override async collectorLost(at: number): Promise<void> {
    for (const { connections } of this.sockets.values())
      for (const connection of connections.values()) this.batch.addConnection(connection);
    this.sockets.clear();
    if (!this.batch.empty) await this.flush();
    await this.writers.drain();
    await this.database.simulateCrash(at);
  }

  override collectorBack(at: number): Promise<void> {
    return this.database.simulateRestart(at);
  }

  /** Ends the connections that are left, with the last message of all, and waits until everything is stored. */
  override async end(): Promise<void> {
    try {
      for (const socket of this.sockets.values())
        for (const connection of socket.end(this.reachedAt)) this.batch.addConnection(connection);
      if (!this.batch.empty) await this.flush();
      await this.writers.drain();
    } finally {
      await this.database.close();
    }
  }

  totals(): DatabaseTotals {
    const { stored, rejected } = this.writers;
    return { stored, rejected: this.rejected + rejected, dropped: this.dropped, opened: this.opened };
  }

  private accept(socket: HistorySocket, message: ParsedMessage, at: number): void {
    const greeting = readIdentity(message);
    const connection = socket.connections.connectionOf(message.envelopeId, greeting, at);
    if (connection === undefined) {
      this.dropped += 1;
      return;
    }
    const created = createdAt(message.ts, at);
    const type = typeNumber(message.msg);
    const identified = identify(connection, message, greeting);
    const createdAtMs = Math.floor(created.microseconds / 1000);
    if (connection.recordMessage(at, createdAtMs, type) || identified) this.batch.addConnection(connection);
    // Field by field: spreading an object would take a third of the time of a message.
    this.batch.add(
      {
        createdAt: created.microseconds,
        receivedAt: at * 1000,
        connectionId: connection.id,
        type,
        logs: message.logs,
        ascii: message.ascii,
        audit: connection.origin.audit,
      },
      at,
    );
  }

  private flush(): Promise<void> {
    // Connection updates use simulated time. The batch has the current time: for an old batch, the sink would check
    // whether it is already stored.
    return this.writers.store({ ...this.batch.build(this.reachedAt), sealedAt: Date.now() });
  }
}
