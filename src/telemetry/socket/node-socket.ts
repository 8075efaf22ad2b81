import { v7 as uuidv7 } from 'uuid';
import type { WebSocket } from 'ws';
import {
  CloseCode,
  type HeldBytes,
  isTooLarge,
  type SocketEndReason,
  type TcpConnection,
  WatchedWebSocket,
} from '../../platform/sockets/index.js';
import type { DatabaseClock } from '../../storage/index.js';
import { NodeConnection } from './node-connection.js';
import { parseFrame } from '../message/message.parser.js';
import { readIdentity } from '../message/node-identity.js';
import type { MessageOutcomes, TelemetryMetrics } from '../telemetry.metrics.js';
import { type ByteLimit, ByteRate } from './byte-rate.js';
import type { MessageIntake } from './message-intake.js';
import { RoundTrips } from './round-trips.js';
import { SocketConnections } from './socket-connections.js';
import type { TelemetryEndpoint } from './telemetry-endpoint.js';

/** Pongs that a node has not read yet: bytes. */
const MAX_UNSENT_BYTES = 65_536;

/** Between two checks of the limits of a socket: milliseconds. */
export const CHECK_INTERVAL_MS = 1_000;

/** Undefined is no limit. */
export interface SocketLimits {
  /** Until the first frame: milliseconds. */
  firstFrameMs: number | undefined;
  bytes: ByteLimit | undefined;
}

/** The limit that a socket exceeded: the end reason of its connections. */
type LimitViolation = 'slow_reader' | 'no_message' | 'too_many_bytes' | 'message_timeout';

interface NodeTcpConnection extends TcpConnection {
  /** Of the node, as far as its proxies are trusted. */
  readonly ipAddr: string;
}

export interface NodeSocketContext {
  collector: { nextConnectionId(): number };
  /** Of the database. */
  clock: Pick<DatabaseClock, 'now'>;
  limits: SocketLimits;
  intake: MessageIntake;
  outcomes: MessageOutcomes;
  metrics: TelemetryMetrics;
  /** Called when a socket exceeded the limit on bytes. */
  onTooManyBytes: (ipAddr: string) => void;
  /** Called once, when the socket has ended and nothing more will arrive. */
  onEnd: (socket: NodeSocket) => void;
  onFault: (error: unknown) => void;
}

/** One socket, with the connections of the nodes that send on it. */
export class NodeSocket extends WatchedWebSocket<LimitViolation> {
  readonly holderKind = 'node';
  private readonly id = uuidv7();
  private readonly openedAt: number;
  private readonly openSince = performance.now();
  private readonly connections: SocketConnections;
  private readonly roundTrips = new RoundTrips();
  private readonly byteRate: ByteRate | undefined;
  private hasSentFrame = false;
  private withoutFrameMs = 0;
  private violation: LimitViolation | undefined;

  constructor(
    ws: WebSocket,
    protected override readonly tcp: NodeTcpConnection,
    private readonly endpoint: TelemetryEndpoint,
    private readonly context: NodeSocketContext,
  ) {
    super(ws, tcp, MAX_UNSENT_BYTES);
    this.openedAt = context.clock.now();
    const { bytes } = context.limits;
    if (bytes !== undefined) this.byteRate = new ByteRate(bytes, tcp.socket.bytesRead, this.openSince);
    this.connections = new SocketConnections({
      begin: (envelopeId, at) => this.begin(envelopeId, at),
      replaced: (connection, reason) => {
        context.intake.ended(connection);
        context.metrics.connectionReplaced(reason);
      },
      now: () => performance.now(),
    });
    context.metrics.socketOpened(endpoint.countedAs);
    ws.on('pong', (data) => this.roundTrips.pong(data, performance.now()));
  }

  get ipAddr(): string {
    return this.tcp.ipAddr;
  }

  /** For how long it has been open: milliseconds. */
  get openMs(): number {
    return performance.now() - this.openSince;
  }

  /** Pauses or resumes reading. While it is paused, TCP slows the node down. */
  setPaused(paused: boolean): void {
    if (this.ws.readyState > this.ws.CLOSING) return;
    // A pong that is read late does not measure the network.
    this.roundTrips.ignorePing();
    if (paused) this.ws.pause();
    else this.ws.resume();
  }

  /** Sends a ping, or terminates a node that has been unresponsive for too long. */
  heartbeat(intervalMs: number, timeoutMs: number): void {
    if (this.isUnresponsive(intervalMs, timeoutMs)) {
      this.terminateWith('timeout');
    } else if (this.isOpen) {
      this.ws.ping(this.roundTrips.ping(performance.now()));
      if (this.ws.isPaused) this.roundTrips.ignorePing();
    }
  }

  override addHeld(to: HeldBytes): void {
    super.addHeld(to);
    to.identities += this.connections.bytes;
  }

  /** Closes a socket that exceeds a limit. To be called once in `CHECK_INTERVAL_MS`. */
  checkLimits(now: number): void {
    if (this.violation !== undefined) {
      // Its close grace period of one interval is over. It would still be read from.
      this.ws.terminate();
      return;
    }
    if (!this.isOpen) return;
    this.violation = this.findViolation(now);
    if (this.violation === undefined) return;
    if (this.violation === 'too_many_bytes') this.context.onTooManyBytes(this.ipAddr);
    // A node that does not read would not read the close frame either.
    if (this.violation === 'slow_reader') this.terminateWith(this.violation);
    else this.closeWith(this.violation, CloseCode.PolicyViolation, this.violation.replaceAll('_', ' '));
  }

  private findViolation(now: number): LimitViolation | undefined {
    if (this.ws.bufferedAmount >= MAX_UNSENT_BYTES) return 'slow_reader';
    if (this.ws.isPaused) return undefined;
    const { firstFrameMs = Infinity } = this.context.limits;
    if (!this.hasSentFrame) this.withoutFrameMs += CHECK_INTERVAL_MS;
    if (!this.hasSentFrame && this.withoutFrameMs >= firstFrameMs) return 'no_message';
    if (this.isMessageOverdue(CHECK_INTERVAL_MS)) return 'message_timeout';
    return this.byteRate?.exceeds(this.tcp.socket.bytesRead, now) === true ? 'too_many_bytes' : undefined;
  }

  protected override onMessage(frame: Buffer): void {
    const { endpoint, context } = this;
    context.metrics.frame(endpoint.countedAs, frame.length);
    this.hasSentFrame = true;
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
      const identity = readIdentity(message);
      const connection = this.connections.connectionOf(message.envelopeId, identity, receivedAt);
      if (connection === undefined) context.outcomes.count(endpoint.countedAs, 'dropped');
      else context.intake.accept(connection, message, identity, receivedAt);
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

  protected override onError(error: Error & { code?: string }): void {
    super.onError(error);
    if (!isTooLarge(error)) return;
    this.context.metrics.frame(this.endpoint.countedAs, 0);
    this.context.outcomes.count(this.endpoint.countedAs, 'oversized');
  }

  protected override onClose(reason: LimitViolation | SocketEndReason, code: number): void {
    for (const connection of this.connections.endAll(this.context.clock.now(), reason, code)) {
      this.context.intake.ended(connection);
    }
    this.context.metrics.socketClosed(this.endpoint.countedAs, reason);
    this.context.metrics.nodesEnded(this.connections.size);
    this.context.onEnd(this);
  }
}
