import { encodeMessage } from '../messages/envelope.js';
import type { JsonObject } from '../messages/exact-json.js';
import { type MessageType, VERBOSITY_OF } from '../messages/message-types.js';
import type { Statement } from '../messages/statement.js';
import { formatTimestamp } from '../messages/timestamp.js';
import type { Random } from '../random/random.js';
import type { NetworkEvent } from './events.js';
import type { SimulatedNode } from './simulated-node.js';

/** Puts what a node says into its envelope, under the time of its clock, and into the outbox of the network. */
export class Voice {
  /** Without a connection, what the node says is gone. */
  online = false;
  private lastAt = -1;
  private lastNanos = 0;

  constructor(
    private readonly node: SimulatedNode,
    private readonly random: Random,
    private readonly outbox: NetworkEvent[],
  ) {}

  /** Whether messages of a type would go out: there is a connection, and the verbosity is high enough. */
  sends(msg: MessageType): boolean {
    return this.online && this.node.profile.verbosity >= VERBOSITY_OF[msg];
  }

  say(at: number, { msg, fields }: Statement): void {
    if (!this.sends(msg)) return;
    const text = this.encode(msg, fields, at, this.nextNanos(at));
    this.outbox.push({ kind: 'message', at, node: this.node, msg, text });
  }

  encode(msg: string, fields: JsonObject, at: number, nanos: number): string {
    const { envelope, computer } = this.node.profile;
    const { clockSkewMs, utcOffsetMinutes } = computer;
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
