import { v7 as uuidv7 } from 'uuid';
import { CONNECTION_WRITTEN_EVERY_MS } from '../../storage/index.js';
import type { ConnectionSnapshot, NodeIdentity } from './connection-snapshot.js';
import { UNKNOWN_IDENTITY } from './unknown-identity.js';

/** What a row takes without what the node says of itself. */
const ROW_BYTES = 600;

/** What stays the same from a connection's first message to its end. */
export type ConnectionOrigin = Pick<
  ConnectionSnapshot,
  'collectorId' | 'socketId' | 'envelopeId' | 'ipAddr' | 'path' | 'audit' | 'createdAt'
>;

/** A node on a socket: what becomes a row of `peer_connections`. */
export class NodeConnection {
  readonly id = uuidv7();
  private identity = UNKNOWN_IDENTITY;
  private revision = 0;
  private lastMessageAt: number;
  private oldestCreatedAt = Infinity;
  private newestCreatedAt = -Infinity;
  private writtenAt = -Infinity;
  private ended: Pick<ConnectionSnapshot, 'endedAt' | 'endReason' | 'endCode'> = {
    endedAt: null,
    endReason: null,
    endCode: null,
  };

  constructor(
    readonly origin: ConnectionOrigin,
    private readonly firstMessageAt: number,
  ) {
    this.lastMessageAt = firstMessageAt;
  }

  /**
   * Takes note of a message.
   *
   * @returns whether the row should be written with it
   */
  heard(receivedAt: number, createdAt: number): boolean {
    this.lastMessageAt = receivedAt;
    if (createdAt > this.newestCreatedAt) this.newestCreatedAt = createdAt;
    // Readers look no further back than the row says.
    const older = createdAt < this.oldestCreatedAt;
    if (older) this.oldestCreatedAt = createdAt;
    return older || receivedAt - this.writtenAt >= CONNECTION_WRITTEN_EVERY_MS;
  }

  /** Takes over what a node says of itself; what it leaves out stays as it was. */
  identify(said: Partial<NodeIdentity>): void {
    const known = Object.entries(said).filter(([, value]) => value !== null);
    this.identity = { ...this.identity, ...Object.fromEntries(known) };
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

  end(at: number, reason: string, code: number | null): void {
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
      id: this.id,
      revision: this.revision,
      firstMessageAt: this.firstMessageAt,
      lastMessageAt: this.lastMessageAt,
      oldestCreatedAt: this.oldestCreatedAt,
      newestCreatedAt: this.newestCreatedAt,
    };
  }
}
