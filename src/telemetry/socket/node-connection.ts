import {
  chainKeyOf,
  CONNECTION_WRITTEN_EVERY_MS,
  type ConnectionSnapshot,
  type EndReason,
  type NodeIdentity,
  UNKNOWN_IDENTITY,
} from '../../storage/index.js';

/** The size of a row without the identity of the node: bytes. */
const ROW_BYTES = 600;

/** Memory of a connection without those texts: bytes. 2.4 kB were measured with the texts of a usual node. */
const CONNECTION_BYTES = 2_048;

/** The properties of a connection that do not change. */
type ConnectionOrigin = Pick<
  ConnectionSnapshot,
  'id' | 'socketId' | 'envelopeId' | 'ipAddr' | 'path' | 'audit' | 'createdAt'
>;

/** The shortest of the last round trips of a socket: microseconds; null before the first. */
interface RoundTrip {
  readonly minUs: number | null;
}

const NOT_MEASURED: RoundTrip = { minUs: null };

/** One node on a socket: a row of `peer_connections`. */
export class NodeConnection {
  /** Set by its socket: the highest is the connection of the last message. */
  lastUse = 0;
  private known = UNKNOWN_IDENTITY;
  private identityBytes = 0;
  private revision = 0;
  private lastMessageAt: number;
  private oldestCreatedAt = Infinity;
  private newestCreatedAt = -Infinity;
  private readonly types = new Set<number>();
  private writtenAt = -Infinity;
  private ended: Pick<ConnectionSnapshot, 'endedAt' | 'endReason' | 'endCode'> = {
    endedAt: null,
    endReason: null,
    endCode: null,
  };

  constructor(
    readonly origin: ConnectionOrigin,
    private readonly firstMessageAt: number,
    private readonly roundTrip = NOT_MEASURED,
  ) {
    this.lastMessageAt = firstMessageAt;
  }

  get id(): number {
    return this.origin.id;
  }

  /** Whether a message of a type was received. */
  hasSent(type: number): boolean {
    return this.types.has(type);
  }

  /**
   * Records a message.
   *
   * @param type see `message-types.ts` of storage
   * @returns whether the row must be written with it
   */
  recordMessage(receivedAt: number, createdAt: number, type: number): boolean {
    this.lastMessageAt = receivedAt;
    if (createdAt > this.newestCreatedAt) this.newestCreatedAt = createdAt;
    // Readers rely on the oldest time and the types in the row.
    const older = createdAt < this.oldestCreatedAt;
    if (older) this.oldestCreatedAt = createdAt;
    const newType = !this.types.has(type);
    if (newType) this.types.add(type);
    return older || newType || receivedAt - this.writtenAt >= CONNECTION_WRITTEN_EVERY_MS;
  }

  /**
   * Updates the identity of the node. Fields that are null or missing stay as they are.
   *
   * @returns whether a field changed
   */
  identify(identity: Partial<NodeIdentity>): boolean {
    const different = Object.entries(identity).filter(
      ([key, value]) => value !== null && value !== this.known[key as keyof NodeIdentity],
    );
    if (different.length === 0) return false;
    this.known = { ...this.known, ...Object.fromEntries(different) };
    this.identityBytes = textBytes(this.known);
    return true;
  }

  /** Whether an identity is of another node. */
  isOther(identity: NodeIdentity): boolean {
    return isOtherNode(this.known, identity);
  }

  get identity(): NodeIdentity {
    return this.known;
  }

  /** Approximate memory in use, in bytes. */
  get bytes(): number {
    return CONNECTION_BYTES + this.identityBytes;
  }

  /** The approximate size of its row: bytes. */
  get rowBytes(): number {
    return Object.values(this.known).reduce<number>(
      (sum, value) => sum + (typeof value === 'string' ? value.length : 8),
      ROW_BYTES,
    );
  }

  get peerId(): string | null {
    return this.known.peerId;
  }

  end(at: number, reason: EndReason, code: number | null): void {
    this.ended = { endedAt: at, endReason: reason, endCode: code };
  }

  /** The current row, with a higher revision than all before. */
  snapshot(now: number): ConnectionSnapshot {
    this.revision += 1;
    this.writtenAt = now;
    return {
      ...this.known,
      ...this.origin,
      ...this.ended,
      revision: this.revision,
      firstMessageAt: this.firstMessageAt,
      lastMessageAt: this.lastMessageAt,
      oldestCreatedAt: this.oldestCreatedAt,
      newestCreatedAt: this.newestCreatedAt,
      types: [...this.types],
      rttUs: this.roundTrip.minUs,
    };
  }
}

/** The memory of the texts of an identity, at most: two bytes a character. */
export function textBytes(identity: NodeIdentity): number {
  let characters = 0;
  for (const value of Object.values(identity)) if (typeof value === 'string') characters += value.length;
  return 2 * characters;
}

type Identity = Pick<NodeIdentity, 'peerId' | 'genesisHash' | 'chain'>;

/**
 * Whether an identity is of another node than the known one: by peer id or chain. A field that either of them does not
 * have makes no difference.
 */
export function isOtherNode(known: Identity, other: Identity): boolean {
  return differ(known.peerId, other.peerId) || isOtherChain(known, other);
}

/**
 * By genesis hash if the other identity has one: a chain may have several names. A hash after identities without one is
 * another chain too; otherwise the messages before it would move to that chain.
 */
function isOtherChain(known: Identity, other: Identity): boolean {
  const hasNoHash = known.genesisHash !== null && other.genesisHash === null;
  return hasNoHash ? differ(known.chain, other.chain) : differ(chainKeyOf(known), chainKeyOf(other));
}

function differ(one: string | null, other: string | null): boolean {
  return one !== null && other !== null && one !== other;
}
