import {
  chainKeyOf,
  CONNECTION_WRITTEN_EVERY_MS,
  type ConnectionSnapshot,
  type EndReason,
  type NodeIdentity,
  UNKNOWN_IDENTITY,
} from '../../storage/index.js';

/** What a row takes without what the node says of itself. */
const ROW_BYTES = 600;

/** What a connection takes in memory without those texts: 2.4 kB were measured with those of a usual node. */
const CONNECTION_BYTES = 2_048;

/** What stays the same from a connection's first message to its end. */
export type ConnectionOrigin = Pick<
  ConnectionSnapshot,
  'id' | 'socketId' | 'envelopeId' | 'ipAddr' | 'path' | 'audit' | 'createdAt'
>;

/** The shortest of the last round trips of a socket: microseconds; null where there was none yet. */
export interface RoundTrip {
  readonly minUs: number | null;
}

const NOT_MEASURED: RoundTrip = { minUs: null };

/** One node on a socket: what becomes a row of `peer_connections`. */
export class NodeConnection {
  /** Its place among the connections of its socket, which sets it: the highest was heard last. */
  turn = 0;
  private identity = UNKNOWN_IDENTITY;
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

  /** Whether a message of a type has come. */
  hasSent(type: number): boolean {
    return this.types.has(type);
  }

  /**
   * Takes note of a message.
   *
   * @param type see `message-types.ts` of storage
   * @returns whether the row should be written with it
   */
  heard(receivedAt: number, createdAt: number, type: number): boolean {
    this.lastMessageAt = receivedAt;
    if (createdAt > this.newestCreatedAt) this.newestCreatedAt = createdAt;
    // Readers look no further back than the row says, and for no type that it does not have.
    const older = createdAt < this.oldestCreatedAt;
    if (older) this.oldestCreatedAt = createdAt;
    const newType = !this.types.has(type);
    if (newType) this.types.add(type);
    return older || newType || receivedAt - this.writtenAt >= CONNECTION_WRITTEN_EVERY_MS;
  }

  /**
   * Takes over what a node says of itself; what it leaves out stays as it was.
   *
   * @returns whether something is different now
   */
  identify(said: Partial<NodeIdentity>): boolean {
    const different = Object.entries(said).filter(
      ([key, value]) => value !== null && value !== this.identity[key as keyof NodeIdentity],
    );
    if (different.length === 0) return false;
    this.identity = { ...this.identity, ...Object.fromEntries(different) };
    this.identityBytes = bytesOf(this.identity);
    return true;
  }

  /** Whether a greeting is of another node than this connection is known to be of. */
  isOther(greeting: NodeIdentity): boolean {
    return isOtherNode(this.identity, greeting);
  }

  /** What its node said of itself. */
  get said(): NodeIdentity {
    return this.identity;
  }

  /** Approximate memory in use, in bytes. */
  get bytes(): number {
    return CONNECTION_BYTES + this.identityBytes;
  }

  /** About the bytes of its row. */
  get weight(): number {
    return Object.values(this.identity).reduce<number>(
      (sum, value) => sum + (typeof value === 'string' ? value.length : 8),
      ROW_BYTES,
    );
  }

  get peerId(): string | null {
    return this.identity.peerId;
  }

  end(at: number, reason: EndReason, code: number | null): void {
    this.ended = { endedAt: at, endReason: reason, endCode: code };
  }

  /** The row as it stands, later than all snapshots before. */
  snapshot(now: number): ConnectionSnapshot {
    this.revision += 1;
    this.writtenAt = now;
    return {
      ...this.identity,
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

/** The memory that the texts of an identity take, at most: two bytes a character. */
export function bytesOf(identity: NodeIdentity): number {
  let characters = 0;
  for (const value of Object.values(identity)) if (typeof value === 'string') characters += value.length;
  return 2 * characters;
}

type Said = Pick<NodeIdentity, 'peerId' | 'genesisHash' | 'chain'>;

/**
 * Whether a greeting is of another node than the one that is known: another peer id, or another chain. What either of
 * them leaves out makes no difference.
 */
export function isOtherNode(known: Said, said: Said): boolean {
  return differ(known.peerId, said.peerId) || isOtherChain(known, said);
}

/**
 * By genesis hash where the greeting has one: a chain may be called by several names. A hash after greetings without
 * one is another chain too, or the messages that came before it would move there.
 */
function isOtherChain(known: Said, said: Said): boolean {
  const leavesOutHash = known.genesisHash !== null && said.genesisHash === null;
  return leavesOutHash ? differ(known.chain, said.chain) : differ(chainKeyOf(known), chainKeyOf(said));
}

function differ(known: string | null, said: string | null): boolean {
  return known !== null && said !== null && known !== said;
}
