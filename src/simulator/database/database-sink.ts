import type { Settings } from '../../platform/config/index.js';
import { typeNumber } from '../../storage/index.js';
import {
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
import { BatchWriters } from './batch-writers.js';
import { HistoryDatabase } from './history-database.js';
import { HistorySocket } from './history-socket.js';

export interface DatabaseSinkOptions {
  /** Where the history goes: `postgres://` or `postgresql://`. */
  url: string;
  /** `LOG_EXPIRY_H` gives partitions their width, `NUM_THREADS` the batches that are written at the same time. */
  settings: Settings;
  /** Stops what waits for a database that is away. */
  signal?: AbortSignal | undefined;
}

/** What has happened so far. Messages are counted when they are stored. */
export interface DatabaseTotals {
  stored: number;
  /** Messages that cannot be stored as they are; they are in `rejected_messages`. */
  rejected: number;
  /** Messages of an id or a node more than their socket may have in a time, as a server would not have taken them. */
  dropped: number;
  /** Sockets that were opened. */
  opened: number;
}

/** Fewer messages a batch cost more; more of them gain nothing. */
const BATCH_SIZE = 2_048;
/** Network states are large: a batch is closed at this size too, in characters. */
const BATCH_LENGTH = 4 * 1024 * 1024;

/**
 * Puts messages into a database as a server would have that took them in when they were sent, with the rows of their
 * connections. Whether the clock of a node is believed is judged by the simulated time.
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

  /** Returns a promise with every batch that is full; it waits while enough of them are under way. */
  message(node: SimulatedNode, text: string, at: number): void | Promise<void> {
    const socket = this.sockets.get(node.host);
    if (socket === undefined) throw new RangeError('A node speaks, but its socket has not been opened.');
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
    const isFull = this.batch.size >= BATCH_SIZE || this.batch.length >= BATCH_LENGTH;
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
    await this.database.collectorLost(at);
  }

  override collectorBack(at: number): Promise<void> {
    return this.database.collectorBack(at);
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
    const { stored, refused } = this.writers;
    return { stored, rejected: this.rejected + refused, dropped: this.dropped, opened: this.opened };
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
    // Field by field: to spread an object into it would take a third of the time of a message.
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
    // What is news is told by simulated time. The batch itself is of now: one that is sealed long ago would be looked
    // for in the database, whether it is stored already.
    return this.writers.store({ ...this.batch.build(this.reachedAt), sealedAt: Date.now() });
  }
}
