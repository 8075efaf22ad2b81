import { v7 as uuidv7 } from 'uuid';
import type { WebSocket } from 'ws';
import {
  type FrameMeter,
  type HeldBytes,
  type MemoryHolder,
  TOO_MANY_PARTS,
} from '../../platform/socket-memory/index.js';
import type { DatabaseClock, EndReason } from '../../storage/index.js';
import { NodeConnection } from '../connection/node-connection.js';
import { parseFrame } from '../message/message.parser.js';
import { readIdentity } from '../message/node-identity.js';
import type { MessageOutcomes, TelemetryMetrics } from '../telemetry.metrics.js';
import type { MessageIntake } from './message-intake.js';
import { RoundTrips } from './round-trips.js';
import { type Excess, MAX_UNREAD_BYTES, SocketBounds, type SocketLimits } from './socket-bounds.js';
import { SocketConnections } from './socket-connections.js';
import type { TelemetryEndpoint } from './telemetry-endpoint.js';

/** Larger than the limit, and larger than any number of ours. */
const TOO_LARGE = new Set(['WS_ERR_UNSUPPORTED_MESSAGE_LENGTH', 'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH']);

/** "Policy violation", of RFC 6455. */
const POLICY_VIOLATION = 1008;
const TRY_AGAIN_LATER = 1013;

/** The TCP connection of a socket. */
export interface NodeLine {
  readonly socket: { readonly bytesRead: number };
  /** Reads along. */
  readonly meter: FrameMeter;
  /** Of the node, as far as its proxies are trusted. */
  readonly ipAddr: string;
}

export interface NodeSocketContext {
  collector: { nextConnectionId(): number };
  /** That of the database. */
  clock: Pick<DatabaseClock, 'now'>;
  limits: SocketLimits;
  intake: MessageIntake;
  outcomes: MessageOutcomes;
  metrics: TelemetryMetrics;
  /** Called when more has come from a socket than may. */
  onExcess: (ipAddr: string) => void;
  /** Called once, when the socket has ended and nothing more will come. */
  onEnd: (socket: NodeSocket) => void;
  onFault: (error: unknown) => void;
}

/** One socket, with the nodes that speak on it. */
export class NodeSocket implements MemoryHolder {
  readonly holderKind = 'node';
  private readonly id = uuidv7();
  private readonly openedAt: number;
  private readonly openSince = performance.now();
  private readonly bounds: SocketBounds;
  private readonly connections: SocketConnections;
  private readonly roundTrips = new RoundTrips();
  private bytesSeen = 0;
  private silentMs = 0;
  private hasSpoken = false;
  private excess: Excess | undefined;
  private endReason: EndReason | undefined;

  constructor(
    private readonly ws: WebSocket,
    private readonly line: NodeLine,
    private readonly endpoint: TelemetryEndpoint,
    private readonly context: NodeSocketContext,
  ) {
    this.openedAt = context.clock.now();
    this.bounds = new SocketBounds(context.limits, line.socket.bytesRead, this.openSince);
    this.connections = new SocketConnections({
      begin: (envelopeId, at) => this.begin(envelopeId, at),
      replaced: (connection, reason) => {
        context.intake.ended(connection);
        context.metrics.connectionReplaced(reason);
      },
      now: () => performance.now(),
    });
    context.metrics.socketOpened(endpoint.countedAs);
    ws.on('message', (data) => this.receive(data as Buffer));
    ws.on('ping', (data) => this.answer(data));
    ws.on('pong', (data) => this.roundTrips.pong(data, performance.now()));
    ws.on('error', (error) => this.failed(error));
    ws.on('close', (code) => this.ended(code));
  }

  get ipAddr(): string {
    return this.line.ipAddr;
  }

  /** For how long it has been open: milliseconds. */
  get openMs(): number {
    return performance.now() - this.openSince;
  }

  /** Stops or goes on reading; while it is stopped TCP holds the node back. */
  setPaused(paused: boolean): void {
    if (this.ws.readyState > this.ws.CLOSING) return;
    // A pong that waits for us says nothing of the line.
    this.roundTrips.ignorePing();
    if (paused) this.ws.pause();
    else this.ws.resume();
  }

  /**
   * Pings, or cuts off a node of which no byte has come for too long. A beat counts as one interval however
   * late it is: a process that was stopped for a while, or whose clock was set, holds that against nobody.
   */
  beat(intervalMs: number, timeoutMs: number): void {
    const { bytesRead } = this.line.socket;
    // Nothing is read while paused, pongs included: that is not the node's fault.
    const alive = bytesRead !== this.bytesSeen || this.ws.isPaused;
    this.silentMs = alive ? 0 : this.silentMs + intervalMs;
    this.bytesSeen = bytesRead;
    if (this.silentMs >= timeoutMs) {
      this.endReason ??= 'timeout';
      this.ws.terminate();
    } else if (this.ws.readyState === this.ws.OPEN) {
      this.ws.ping(this.roundTrips.ping(performance.now()));
      if (this.ws.isPaused) this.roundTrips.ignorePing();
    }
  }

  addHeld(to: HeldBytes): void {
    to.unfinished += this.line.meter.held;
    to.identities += this.connections.bytes;
    to.unsent += this.ws.bufferedAmount;
  }

  /** Makes room: a close frame would be waited for, and what is held would stay. */
  evict(): void {
    this.endReason ??= 'memory_limit';
    this.ws.close(TRY_AGAIN_LATER, 'memory limit');
    this.ws.terminate();
  }

  /** Ends a socket that is beyond a bound. To be called once in `LOOK_EVERY_MS`. */
  checkBounds(now: number): void {
    if (this.excess !== undefined) {
      // It has had a second to answer our close frame, and would be read from all the while.
      this.ws.terminate();
      return;
    }
    if (this.ws.readyState !== this.ws.OPEN) return;
    this.excess = this.bounds.excess(
      this.ws,
      this.line.socket.bytesRead,
      this.line.meter,
      this.hasSpoken,
      now,
    );
    if (this.excess === undefined) return;
    this.endReason ??= this.excess;
    if (this.excess === 'too_many_bytes') this.context.onExcess(this.ipAddr);
    // A slow reader would not come to our close frame.
    if (this.excess === 'slow_reader') this.ws.terminate();
    else this.ws.close(POLICY_VIOLATION, this.excess.replaceAll('_', ' '));
  }

  /** Says goodbye; what the node sent before its own close frame is still read. */
  close(code: number, reason: string): void {
    this.endReason ??= 'shutdown';
    this.ws.close(code, reason);
  }

  terminate(): void {
    this.ws.terminate();
  }

  /** Somebody who pings and does not read the answers gets no more of them: they would lie in our memory. */
  private answer(ping: Buffer): void {
    // A pong says that what came before is safe: it follows what the end of this turn does for it.
    setImmediate(() => {
      const { ws } = this;
      if (ws.readyState === ws.OPEN && ws.bufferedAmount < MAX_UNREAD_BYTES) ws.pong(ping);
    });
  }

  private receive(frame: Buffer): void {
    const { endpoint, context } = this;
    context.metrics.frame(endpoint.countedAs, frame.length);
    this.hasSpoken = true;
    try {
      const receivedAt = context.clock.now();
      const parsed = parseFrame(frame);
      if (parsed.kind === 'rejected') {
        const { reason, envelopeId } = parsed;
        const connectionId = this.connections.get(envelopeId)?.id ?? null;
        context.intake.reject(endpoint, frame, { receivedAt, connectionId, ipAddr: this.ipAddr, reason });
        return;
      }
      const { message } = parsed;
      const greeting = readIdentity(message);
      const connection = this.connections.heard(message.envelopeId, greeting, receivedAt);
      if (connection === undefined) context.outcomes.count(endpoint.countedAs, 'dropped');
      else context.intake.accept(connection, message, greeting, receivedAt);
    } catch (error) {
      context.outcomes.rejected(endpoint.countedAs, 'internal_error');
      context.onFault(error);
    }
  }

  private begin(envelopeId: number | null, now: number): NodeConnection {
    const { path, audit } = this.endpoint;
    const origin = {
      id: this.context.collector.nextConnectionId(),
      socketId: this.id,
      envelopeId,
      ipAddr: this.ipAddr,
      path,
      audit,
      createdAt: this.openedAt,
    };
    const connection = new NodeConnection(origin, now, this.roundTrips);
    this.context.metrics.nodeAdded();
    return connection;
  }

  private failed(error: Error & { code?: string }): void {
    if (error.code !== undefined && TOO_LARGE.has(error.code)) {
      this.endReason ??= 'payload_too_large';
      this.context.metrics.frame(this.endpoint.countedAs, 0);
      this.context.outcomes.count(this.endpoint.countedAs, 'oversized');
    } else if (error.code === TOO_MANY_PARTS) {
      this.endReason ??= 'too_many_fragments';
    } else {
      this.endReason ??= error.code?.startsWith('WS_ERR') === true ? 'protocol_error' : 'reset';
    }
  }

  private ended(code: number): void {
    // 1006 is what ws reports when the node went without a close frame.
    const reason = this.endReason ?? (code === 1006 ? 'reset' : 'closed');
    for (const connection of this.connections.endAll(this.context.clock.now(), reason, code)) {
      this.context.intake.ended(connection);
    }
    this.context.metrics.socketClosed(this.endpoint.countedAs, reason);
    this.context.metrics.nodesEnded(this.connections.size);
    this.context.onEnd(this);
  }
}
