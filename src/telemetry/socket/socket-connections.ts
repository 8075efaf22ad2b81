import type { EndReason, NodeIdentity } from '../../storage/index.js';
import { bytesOf, type NodeConnection } from './node-connection.js';
import { TokenBucket } from '../../platform/async/index.js';

/** Ids, and so connections, that a socket has at once. */
export const MAX_NODES_PER_SOCKET = 20;

/** Connections that may end on a socket that stays open: so many at once, and then so many a second. */
export const MAX_REPLACED_AT_ONCE = 60;
const REPLACED_PER_S = 1;

/** Why a connection ended before its socket. */
export type ReplaceReason = Extract<EndReason, 'id_evicted' | 'identity_changed'>;

export interface ConnectionsContext<C extends NodeConnection> {
  /**
   * Makes the connection of an id of the envelope.
   *
   * @param at milliseconds since the epoch
   */
  begin(envelopeId: number | null, at: number): C;
  /** A connection has ended, and another one takes its place. */
  replaced(connection: C, reason: ReplaceReason): void;
  /** Milliseconds of a clock that does not jump. */
  now(): number;
}

/** What an entry takes without its texts. */
const ENTRY_BYTES = 256;

/** Greetings by id of the envelope, and the memory that they take. */
class KeptGreetings {
  private readonly byId = new Map<number | null, { said: NodeIdentity; bytes: number }>();
  /** Approximate memory in use, in bytes. */
  bytes = 0;

  get size(): number {
    return this.byId.size;
  }

  has(envelopeId: number | null): boolean {
    return this.byId.has(envelopeId);
  }

  get(envelopeId: number | null): NodeIdentity | undefined {
    return this.byId.get(envelopeId)?.said;
  }

  /** It is the latest then, whether there was one or not. */
  set(envelopeId: number | null, said: NodeIdentity): void {
    this.delete(envelopeId);
    const bytes = ENTRY_BYTES + bytesOf(said);
    this.byId.set(envelopeId, { said, bytes });
    this.bytes += bytes;
  }

  delete(envelopeId: number | null): void {
    this.bytes -= this.byId.get(envelopeId)?.bytes ?? 0;
    this.byId.delete(envelopeId);
  }

  deleteOldest(): void {
    const [oldest] = this.byId.keys();
    this.delete(oldest ?? null);
  }
}

/**
 * The connections of one socket: of the ids that were heard last, and of one node each. Where another id or another
 * node comes, a connection ends; that is bounded, since each of them is a row.
 */
export class SocketConnections<C extends NodeConnection = NodeConnection> {
  private readonly byId = new Map<number | null, C>();
  /** Greetings of other nodes that could not begin a connection yet, by id: what follows them is theirs. */
  private readonly waiting = new KeptGreetings();
  /**
   * Of ids without a connection, the last that said who they are: nodes greet once. Without `sysinfo`, which is large.
   */
  private readonly remembered = new KeptGreetings();
  private readonly replacements: TokenBucket;
  private turn = 0;

  constructor(private readonly context: ConnectionsContext<C>) {
    this.replacements = new TokenBucket(MAX_REPLACED_AT_ONCE, REPLACED_PER_S, context.now());
  }

  get size(): number {
    return this.byId.size;
  }

  /** Approximate memory in use, in bytes. */
  get bytes(): number {
    let bytes = this.waiting.bytes + this.remembered.bytes;
    for (const connection of this.byId.values()) bytes += connection.bytes;
    return bytes;
  }

  /** The connection of an id, where it is known whose messages come under it. */
  get(envelopeId: number | null): C | undefined {
    return this.waiting.has(envelopeId) ? undefined : this.byId.get(envelopeId);
  }

  /** Those that have not ended. */
  values(): Iterable<C> {
    return this.byId.values();
  }

  /**
   * The connection that a message belongs to, which begins with it where there is none.
   *
   * @param greeting what the message says of its node; null where it is no `system.connected`
   * @param receivedAt milliseconds since the epoch
   * @returns undefined where one would have to end for it, and too many have: the message is to be dropped
   */
  heard(envelopeId: number | null, greeting: NodeIdentity | null, receivedAt: number): C | undefined {
    let connection = this.byId.get(envelopeId);
    if (connection === undefined) connection = this.add(envelopeId, greeting, receivedAt);
    else if (greeting !== null || this.waiting.size > 0) {
      connection = this.checkIdentity(connection, greeting, receivedAt);
    }
    // Cheaper than an order that is kept: who was heard least is looked for only when one must go.
    if (connection !== undefined) connection.turn = this.turn += 1;
    return connection;
  }

  /** Ends all of them, with their socket. */
  endAll(at: number, reason: EndReason, code: number | null): readonly C[] {
    const all = [...this.byId.values()];
    for (const connection of all) connection.end(at, reason, code);
    return all;
  }

  private add(envelopeId: number | null, greeting: NodeIdentity | null, receivedAt: number): C | undefined {
    const full = this.byId.size >= MAX_NODES_PER_SOCKET;
    if (full && !this.replacements.tryAcquire(this.context.now())) {
      if (greeting !== null) this.remember(envelopeId, greeting);
      return undefined;
    }
    const connection = this.context.begin(envelopeId, receivedAt);
    const said = greeting ?? this.remembered.get(envelopeId);
    if (said !== undefined) connection.identify(said);
    this.remembered.delete(envelopeId);
    if (full) this.evictLeastHeard(receivedAt);
    this.byId.set(envelopeId, connection);
    return connection;
  }

  /** Begins another connection where the greeting, or one that came before and waits, is of another node. */
  private checkIdentity(known: C, greeting: NodeIdentity | null, receivedAt: number): C | undefined {
    const { envelopeId } = known.origin;
    const said = greeting ?? this.waiting.get(envelopeId);
    if (said === undefined) return known;
    if (!known.isOther(said)) {
      this.waiting.delete(envelopeId);
      return known;
    }
    if (!this.replacements.tryAcquire(this.context.now())) {
      this.waiting.set(envelopeId, said);
      return undefined;
    }
    const next = this.context.begin(envelopeId, receivedAt);
    next.identify(said);
    this.byId.set(envelopeId, next);
    this.waiting.delete(envelopeId);
    this.replace(known, 'identity_changed', receivedAt);
    return next;
  }

  private evictLeastHeard(at: number): void {
    let least: C | undefined;
    for (const connection of this.byId.values()) {
      if (least === undefined || connection.turn < least.turn) least = connection;
    }
    if (least === undefined) return;
    const { envelopeId } = least.origin;
    this.byId.delete(envelopeId);
    // A greeting that waited is the later one.
    this.remember(envelopeId, this.waiting.get(envelopeId) ?? least.said);
    this.waiting.delete(envelopeId);
    this.replace(least, 'id_evicted', at);
  }

  private remember(envelopeId: number | null, said: NodeIdentity): void {
    this.remembered.set(envelopeId, { ...said, sysinfo: null });
    if (this.remembered.size > MAX_NODES_PER_SOCKET) this.remembered.deleteOldest();
  }

  private replace(connection: C, reason: ReplaceReason, at: number): void {
    connection.end(at, reason, null);
    this.context.replaced(connection, reason);
  }
}
