import type { EndReason, NodeIdentity } from '../../storage/index.js';
import { textBytes, type NodeConnection } from './node-connection.js';
import { TokenBucket } from '../../platform/async/index.js';

/** Envelope ids, and so connections, of a socket at one time. */
export const MAX_NODES_PER_SOCKET = 20;

/** Connections that may be replaced on an open socket: so many at once, and then so many a second. */
export const MAX_REPLACED_AT_ONCE = 60;
const REPLACED_PER_S = 1;

/** Why a connection ended before its socket. */
export type ReplaceReason = Extract<EndReason, 'id_evicted' | 'identity_changed'>;

interface ConnectionsContext<C extends NodeConnection> {
  /**
   * Creates the connection of an envelope id.
   *
   * @param at milliseconds since the epoch
   */
  begin(envelopeId: number | null, at: number): C;
  /** Called when a connection has ended and another one replaces it. */
  replaced(connection: C, reason: ReplaceReason): void;
  /** Milliseconds of a monotonic clock. */
  now(): number;
}

/** Memory of an entry without its texts: bytes. */
const ENTRY_BYTES = 256;

/** Identities of nodes by envelope id. */
class IdentityCache {
  private readonly byId = new Map<number | null, { identity: NodeIdentity; bytes: number }>();
  /** Approximate memory in use, in bytes. */
  bytes = 0;

  get size(): number {
    return this.byId.size;
  }

  has(envelopeId: number | null): boolean {
    return this.byId.has(envelopeId);
  }

  get(envelopeId: number | null): NodeIdentity | undefined {
    return this.byId.get(envelopeId)?.identity;
  }

  /** The entry becomes the newest one. */
  set(envelopeId: number | null, identity: NodeIdentity): void {
    this.delete(envelopeId);
    const bytes = ENTRY_BYTES + textBytes(identity);
    this.byId.set(envelopeId, { identity, bytes });
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
 * The connections of one socket: one for each envelope id and node. When the socket has too many ids, or another node
 * sends under an id, a connection is replaced. That is limited, since each connection is a row.
 */
export class SocketConnections<C extends NodeConnection = NodeConnection> {
  private readonly byId = new Map<number | null, C>();
  /**
   * Identities of nodes that took over an id while the limit allows no other connection. Until it does, messages under
   * these ids are dropped.
   */
  private readonly pending = new IdentityCache();
  /** The last identities of ids without a connection: nodes send theirs once. Without `sysinfo`, which is large. */
  private readonly remembered = new IdentityCache();
  private readonly replacements: TokenBucket;
  private messages = 0;

  constructor(private readonly context: ConnectionsContext<C>) {
    this.replacements = new TokenBucket(MAX_REPLACED_AT_ONCE, REPLACED_PER_S, context.now());
  }

  get size(): number {
    return this.byId.size;
  }

  /** Approximate memory in use, in bytes. */
  get bytes(): number {
    let bytes = this.pending.bytes + this.remembered.bytes;
    for (const connection of this.byId.values()) bytes += connection.bytes;
    return bytes;
  }

  /** The connection of an id, unless its messages belong to another node by now. */
  get(envelopeId: number | null): C | undefined {
    return this.pending.has(envelopeId) ? undefined : this.byId.get(envelopeId);
  }

  /** The connections that have not ended. */
  values(): Iterable<C> {
    return this.byId.values();
  }

  /**
   * The connection of a message, which is created if there is none.
   *
   * @param identity of a `system.connected`; null for other messages
   * @param receivedAt milliseconds since the epoch
   * @returns undefined where the limit on replaced connections is exceeded: the message is dropped
   */
  connectionOf(envelopeId: number | null, identity: NodeIdentity | null, receivedAt: number): C | undefined {
    let connection = this.byId.get(envelopeId);
    if (connection === undefined) connection = this.add(envelopeId, identity, receivedAt);
    else if (identity !== null || this.pending.size > 0) {
      connection = this.checkIdentity(connection, identity, receivedAt);
    }
    // Cheaper than an ordered list: the least recently used one is searched for only when it is evicted.
    this.messages += 1;
    if (connection !== undefined) connection.lastUse = this.messages;
    return connection;
  }

  /** Ends all connections, with their socket. */
  endAll(at: number, reason: EndReason, code: number | null): readonly C[] {
    const all = [...this.byId.values()];
    for (const connection of all) connection.end(at, reason, code);
    return all;
  }

  private add(envelopeId: number | null, identity: NodeIdentity | null, receivedAt: number): C | undefined {
    const full = this.byId.size >= MAX_NODES_PER_SOCKET;
    if (full && !this.replacements.tryAcquire(this.context.now())) {
      if (identity !== null) this.remember(envelopeId, identity);
      return undefined;
    }
    const connection = this.context.begin(envelopeId, receivedAt);
    const known = identity ?? this.remembered.get(envelopeId);
    if (known !== undefined) connection.identify(known);
    this.remembered.delete(envelopeId);
    if (full) this.evictLeastRecentlyUsed(receivedAt);
    this.byId.set(envelopeId, connection);
    return connection;
  }

  /** Creates another connection if the identity, or the pending one of the same id, is of another node. */
  private checkIdentity(connection: C, identity: NodeIdentity | null, receivedAt: number): C | undefined {
    const { envelopeId } = connection.origin;
    const latest = identity ?? this.pending.get(envelopeId);
    if (latest === undefined) return connection;
    if (!connection.isOther(latest)) {
      this.pending.delete(envelopeId);
      return connection;
    }
    if (!this.replacements.tryAcquire(this.context.now())) {
      this.pending.set(envelopeId, latest);
      return undefined;
    }
    const next = this.context.begin(envelopeId, receivedAt);
    next.identify(latest);
    this.byId.set(envelopeId, next);
    this.pending.delete(envelopeId);
    this.replace(connection, 'identity_changed', receivedAt);
    return next;
  }

  private evictLeastRecentlyUsed(at: number): void {
    let least: C | undefined;
    for (const connection of this.byId.values()) {
      if (least === undefined || connection.lastUse < least.lastUse) least = connection;
    }
    if (least === undefined) return;
    const { envelopeId } = least.origin;
    this.byId.delete(envelopeId);
    // A pending identity is the newer one.
    this.remember(envelopeId, this.pending.get(envelopeId) ?? least.identity);
    this.pending.delete(envelopeId);
    this.replace(least, 'id_evicted', at);
  }

  private remember(envelopeId: number | null, identity: NodeIdentity): void {
    this.remembered.set(envelopeId, { ...identity, sysinfo: null });
    if (this.remembered.size > MAX_NODES_PER_SOCKET) this.remembered.deleteOldest();
  }

  private replace(connection: C, reason: ReplaceReason, at: number): void {
    connection.end(at, reason, null);
    this.context.replaced(connection, reason);
  }
}
