import type { WebSocket } from 'ws';
import { type FrameMeter, MessageDeadline } from '../../platform/socket-memory/index.js';
import { type ByteLimit, ByteRate } from './byte-rate.js';

/** Answers that a node has not read yet, at most: bytes. */
export const MAX_UNREAD_BYTES = 65_536;

/** Between two looks: milliseconds. */
export const LOOK_EVERY_MS = 1_000;

export interface SocketLimits {
  /** Milliseconds until the first message; undefined is no bound. */
  silentMs: number | undefined;
  /** Undefined is no bound. */
  bytes: ByteLimit | undefined;
}

/** Which bound a socket went beyond; ends its connections as their reason. */
export type Excess = 'slow_reader' | 'no_message' | 'too_many_bytes' | 'message_timeout';

/** What one socket may do, looked at once a second. */
export class SocketBounds {
  private readonly rate: ByteRate | undefined;
  private readonly deadline = new MessageDeadline();
  private silentMs = 0;

  constructor(
    private readonly limits: SocketLimits,
    bytesRead: number,
    now: number,
  ) {
    if (limits.bytes !== undefined) this.rate = new ByteRate(limits.bytes, bytesRead, now);
  }

  /**
   * @param bytesRead of the line, whatever they were part of
   * @param meter of the line
   * @param hasSpoken whether a message has come
   * @param now milliseconds of a clock that does not jump
   */
  excess(
    ws: Pick<WebSocket, 'bufferedAmount' | 'isPaused'>,
    bytesRead: number,
    meter: FrameMeter,
    hasSpoken: boolean,
    now: number,
  ): Excess | undefined {
    if (ws.bufferedAmount >= MAX_UNREAD_BYTES) return 'slow_reader';
    // Nothing is read while paused: that is not the node's fault.
    if (ws.isPaused) return undefined;
    // A look counts as one interval however late it is, as a beat does.
    if (!hasSpoken) this.silentMs += LOOK_EVERY_MS;
    const { silentMs = Infinity } = this.limits;
    if (!hasSpoken && this.silentMs >= silentMs) return 'no_message';
    if (this.deadline.isOver(meter, LOOK_EVERY_MS)) return 'message_timeout';
    return this.rate?.exceeds(bytesRead, now) === true ? 'too_many_bytes' : undefined;
  }
}
