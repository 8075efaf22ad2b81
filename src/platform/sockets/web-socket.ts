import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import { FrameMeter, MessageDeadline } from './frame-meter.js';
import type { HeldBytes, MemoryHolder, SocketMemory } from './socket-memory.js';

/** Frames of one message, at most. Real nodes send one. */
export const MAX_FRAGMENTS = 64;

/**
 * The smallest average size of the chunks of a message: bytes. A message of 512 KiB arrives in some 360 chunks over
 * Ethernet, and in 980 with the smallest segments that TCP has to support, of 536 bytes. 2,048 are allowed.
 */
const MIN_CHUNK_BYTES = 256;
const MIN_CHUNKS = 64;

/** Limits of ws on the parts of a message: each part costs more memory than its bytes. */
export function messageLimits(maxPayload: number): { maxFragments: number; maxBufferedChunks: number } {
  return {
    maxFragments: MAX_FRAGMENTS,
    maxBufferedChunks: Math.max(MIN_CHUNKS, Math.ceil(maxPayload / MIN_CHUNK_BYTES)),
  };
}

/** Close codes of RFC 6455 and of its registry. */
export const CloseCode = {
  GoingAway: 1001,
  PolicyViolation: 1008,
  InternalError: 1011,
  TryAgainLater: 1013,
} as const;

/** What ws reports when a connection ended without a close frame. */
const ABNORMAL_CLOSURE = 1006;

/** Codes of errors of ws: above the limit on messages, above every number of JavaScript, and too many parts. */
const TOO_LARGE = new Set(['WS_ERR_UNSUPPORTED_MESSAGE_LENGTH', 'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH']);
const TOO_MANY_PARTS = 'WS_ERR_TOO_MANY_BUFFERED_PARTS';

/** Whether an error of ws says that a message exceeds its `maxPayload`. */
export function isTooLarge({ code = '' }: Error & { code?: string }): boolean {
  return TOO_LARGE.has(code);
}

/** The reasons for which every WebSocket may end. */
export type SocketEndReason =
  | 'closed'
  | 'reset'
  | 'timeout'
  | 'payload_too_large'
  | 'too_many_fragments'
  | 'message_timeout'
  | 'protocol_error'
  | 'memory_limit'
  | 'shutdown';

/** The TCP connection of a WebSocket. */
export interface TcpConnection {
  readonly socket: { readonly bytesRead: number };
  /** Follows the same bytes as ws. */
  readonly meter: FrameMeter;
}

/** Measures a connection from here on. To be called before ws reads from the socket. */
export function measured(socket: Socket, memory: Pick<SocketMemory, 'grew'>): TcpConnection {
  const meter = new FrameMeter();
  socket.prependListener('data', (chunk: Buffer) => memory.grew(meter.read(chunk)));
  return { socket, meter };
}

/**
 * A WebSocket with what nodes and clients of the feed have in common: heartbeats, pongs, time limits, the memory that
 * it holds, and the reason for which it ended.
 */
export abstract class WatchedWebSocket<Reason extends string> implements MemoryHolder {
  abstract readonly holderKind: 'node' | 'feed';
  protected endReason: Reason | SocketEndReason | undefined;
  private readonly deadline = new MessageDeadline();
  private bytesSeen = 0;
  private silentMs = 0;

  /** @param maxUnsentBytes a client that does not read so many bytes gets no pongs, which would fill the memory */
  constructor(
    protected readonly ws: WebSocket,
    protected readonly tcp: TcpConnection,
    private readonly maxUnsentBytes: number,
  ) {
    ws.on('message', (data, isBinary) => this.onMessage(data as Buffer, isBinary));
    ws.on('ping', (data) => this.pong(data));
    ws.on('error', (error) => this.onError(error));
    ws.on('close', (code) => {
      this.onClose(this.endReason ?? (code === ABNORMAL_CLOSURE ? 'reset' : 'closed'), code);
    });
  }

  /** Called for each message. Must not throw. */
  protected abstract onMessage(data: Buffer, isBinary: boolean): void;

  /** Called once, when the socket has ended. */
  protected abstract onClose(reason: Reason | SocketEndReason, code: number): void;

  get isOpen(): boolean {
    return this.ws.readyState === this.ws.OPEN;
  }

  addHeld(to: HeldBytes): void {
    to.unfinished += this.tcp.meter.held;
    to.unsent += this.ws.bufferedAmount;
  }

  /** Ends it at once: during a close grace period its memory would still be held. */
  evict(): void {
    this.closeWith('memory_limit', CloseCode.TryAgainLater, 'memory limit');
    this.ws.terminate();
  }

  /** Sends a close frame. What the client sent before its own close frame is still read. */
  close(code: number, text: string): void {
    this.closeWith('shutdown', code, text);
  }

  terminate(): void {
    this.ws.terminate();
  }

  protected closeWith(reason: Reason | SocketEndReason, code: number, text: string): void {
    this.endReason ??= reason;
    this.ws.close(code, text);
  }

  protected terminateWith(reason: Reason | SocketEndReason): void {
    this.endReason ??= reason;
    this.ws.terminate();
  }

  /**
   * Whether no byte arrived for too long. To be called at intervals. A call counts as one interval however late it is:
   * the client is not responsible for a process that was stopped, or for a clock that was set. Time in which the socket
   * is paused does not count either, since nothing is read then.
   */
  protected isUnresponsive(intervalMs: number, timeoutMs: number): boolean {
    const { bytesRead } = this.tcp.socket;
    const isSilent = bytesRead === this.bytesSeen && !this.ws.isPaused;
    this.silentMs = isSilent ? this.silentMs + intervalMs : 0;
    this.bytesSeen = bytesRead;
    return this.silentMs >= timeoutMs;
  }

  /** Whether a message takes too long to arrive. To be called at intervals, as {@link isUnresponsive}. */
  protected isMessageOverdue(intervalMs: number): boolean {
    return !this.ws.isPaused && this.deadline.isOver(this.tcp.meter, intervalMs);
  }

  /** After this turn of the event loop, in which what the node sent before is journaled (in mode `always`). */
  private pong(data: Buffer): void {
    setImmediate(() => {
      if (this.isOpen && this.ws.bufferedAmount < this.maxUnsentBytes) this.ws.pong(data);
    });
  }

  protected onError(error: Error & { code?: string }): void {
    const { code = '' } = error;
    if (isTooLarge(error)) this.endReason ??= 'payload_too_large';
    else if (code === TOO_MANY_PARTS) this.endReason ??= 'too_many_fragments';
    else this.endReason ??= code.startsWith('WS_ERR') ? 'protocol_error' : 'reset';
  }
}

/** The open sockets, with a way to wait for the end of all. */
export class OpenSockets<Socket> extends Set<Socket> {
  private onEmpty: (() => void) | undefined;

  override delete(socket: Socket): boolean {
    const wasOpen = super.delete(socket);
    if (this.size === 0) this.onEmpty?.();
    return wasOpen;
  }

  /** Waits until no socket is open, for at most so many milliseconds. */
  async empty(limitMs: number): Promise<void> {
    if (this.size === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, limitMs);
      this.onEmpty = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.onEmpty = undefined;
  }
}
