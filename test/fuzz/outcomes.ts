import type { Writable } from 'node:stream';
import * as ws from 'ws';
import { messageLimits } from '../../src/platform/sockets/index.js';
import { parseFrame } from '../../src/telemetry/message/message.parser.js';

/** What its typings leave out. */
const { Receiver } = ws as unknown as { Receiver: new (options: object) => Writable };

/**
 * What becomes of what was sent: counts by path, or by reason. Nothing is dropped: a session has fewer messages than
 * would make a socket's bound on ids and nodes felt.
 */
export class Outcomes {
  readonly stored = new Map<string, number>();
  readonly rejected = new Map<string, number>();
  readonly oversized = new Map<string, number>();
  readonly reasons = new Map<string, number>();
  /** Sockets that the server closed since they broke the protocol. */
  protocolErrors = 0;

  /** All messages of a path, whatever became of them. */
  of(path: string): number {
    return [this.stored, this.rejected, this.oversized].reduce(
      (sum, counts) => sum + (counts.get(path) ?? 0),
      0,
    );
  }

  /**
   * Foretells what becomes of what one socket says: `ws` takes it apart, and the parser says which are messages.
   * What that is worth is tested elsewhere; here it is to be the same, and counted.
   */
  async play(bytes: Buffer, path: string, maxPayload: number): Promise<void> {
    const receiver = new Receiver({
      isServer: true,
      maxPayload,
      ...messageLimits(maxPayload),
      skipUTF8Validation: true,
    });
    receiver.on('message', (data: Buffer) => this.message(data, path));
    receiver.on('error', (error: Error & { code: string }) => {
      if (/UNSUPPORTED_(MESSAGE|DATA_PAYLOAD)_LENGTH$/.test(error.code)) count(this.oversized, path);
      else this.protocolErrors += 1;
    });
    const closed = new Promise((resolve) => receiver.once('close', resolve));
    // A copy, since it takes the masks off where they are. Behind a close frame it has ended by itself.
    receiver.write(Buffer.from(bytes), () => receiver.end());
    await closed;
  }

  private message(data: Buffer, path: string): void {
    const parsed = parseFrame(data);
    if (parsed.kind === 'rejected') {
      count(this.rejected, path);
      count(this.reasons, parsed.reason);
      return;
    }
    count(this.stored, path);
  }
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
