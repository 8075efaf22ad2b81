import { encodeMessage, formatTimestamp, type JsonObject } from '../messages/envelope.js';
import { type MessageContent, type MessageType, VERBOSITY_OF } from '../messages/message-types.js';
import type { Random } from '../random/random.js';
import type { Host } from '../world/population.js';
import type { SimulatedNode } from './simulated-node.js';

/** A message that a node sends. */
export interface NodeMessage {
  readonly kind: 'message';
  /** Time of sending in simulated time: milliseconds since the epoch. */
  readonly at: number;
  readonly node: SimulatedNode;
  readonly msg: string;
  /** The text of the frame. */
  readonly text: string;
}

/** The socket of a host opens or closes. */
export interface ConnectionChange {
  readonly kind: 'connected' | 'disconnected';
  readonly at: number;
  readonly host: Host;
}

/** The collector crashes or is replaced. No socket is open in between. */
export interface CollectorChange {
  readonly kind: 'collector_lost' | 'collector_back';
  readonly at: number;
}

export type NetworkEvent = NodeMessage | ConnectionChange | CollectorChange;

/** Wraps messages of a node in its envelope, with the time of its clock, and puts them into the outbox. */
export class TelemetryEmitter {
  /** Without a connection, messages are dropped. */
  online = false;
  private lastAt = -1;
  private lastNanos = 0;

  constructor(
    private readonly node: SimulatedNode,
    private readonly random: Random,
    private readonly outbox: NetworkEvent[],
  ) {}

  /** Whether messages of a type are sent: there is a connection, and the verbosity is high enough. */
  sends(msg: MessageType): boolean {
    return this.online && this.node.profile.verbosity >= VERBOSITY_OF[msg];
  }

  /** @returns whether the message is sent */
  emit(at: number, { msg, fields }: MessageContent): boolean {
    if (!this.sends(msg)) return false;
    const text = this.encode(msg, fields, at, this.nextNanos(at));
    this.outbox.push({ kind: 'message', at, node: this.node, msg, text });
    return true;
  }

  encode(msg: string, fields: JsonObject, at: number, nanos: number): string {
    const { envelope, hardware } = this.node.profile;
    const { clockSkewMs, utcOffsetMinutes } = hardware;
    return encodeMessage(envelope, msg, fields, formatTimestamp(at + clockSkewMs, nanos, utcOffsetMinutes));
  }

  /** Within one millisecond the clock of a node does not go back. */
  private nextNanos(at: number): number {
    const nanos =
      at === this.lastAt ? this.lastNanos + this.random.between(1, 9_000) : this.random.between(0, 800_000);
    this.lastAt = at;
    this.lastNanos = Math.min(nanos, 999_999);
    return this.lastNanos;
  }
}
