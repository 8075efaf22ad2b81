import { Injectable, Logger } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import { ClientAddresses } from '../../platform/client-address/index.js';
import { Settings } from '../../platform/config/index.js';
import { type Deadline, Lifecycle } from '../../platform/lifecycle/index.js';
import { BlockedAddresses, OpenSocketCount } from '../admission.js';
import { BatchQueue } from '../batch/batch.js';
import { CloseCode, measured, OpenSockets, SocketMemory } from '../../platform/sockets/index.js';
import { CollectorId, DatabaseClock } from '../../storage/index.js';
import { MessageOutcomes, TelemetryMetrics } from '../telemetry.metrics.js';
import { MessageIntake } from './message-intake.js';
import { CHECK_INTERVAL_MS, NodeSocket, type NodeSocketContext, type SocketLimits } from './node-socket.js';
import type { TelemetryEndpoint } from './telemetry-endpoint.js';

/** The share of the time to stop that is left for sockets which have to be terminated. */
const SHARE_FOR_TERMINATION = 1 / 6;
const GOING_AWAY = 'the server is going away';

/** Is notified of pauses and of sockets, to record when nodes were not observed. Not called for messages. */
export abstract class SocketObserver {
  /** All sockets are paused, or resumed. */
  abstract paused(paused: boolean): void;

  abstract opened(): void;

  /**
   * @param openMs how long the socket was open
   * @param ipAddr of the node
   */
  abstract ended(openMs: number, ipAddr: string): void;
}

/** All sockets of nodes: heartbeats, limits, pauses and the stop. */
@Injectable()
export class TelemetrySockets {
  private readonly logger = new Logger(TelemetrySockets.name);
  private readonly sockets = new OpenSockets<NodeSocket>();
  private readonly context: NodeSocketContext;
  private heartbeat: NodeJS.Timeout | undefined;
  private limitChecks: NodeJS.Timeout | undefined;

  constructor(
    private readonly settings: Settings,
    private readonly lifecycle: Lifecycle,
    private readonly queue: BatchQueue,
    private readonly metrics: TelemetryMetrics,
    private readonly addresses: ClientAddresses,
    private readonly count: OpenSocketCount,
    private readonly observer: SocketObserver,
    private readonly memory: SocketMemory,
    blocked: BlockedAddresses,
    collector: CollectorId,
    clock: DatabaseClock,
    intake: MessageIntake,
    outcomes: MessageOutcomes,
  ) {
    this.context = {
      collector,
      clock,
      intake,
      outcomes,
      metrics,
      limits: limitsOf(settings),
      onEnd: (socket) => {
        memory.delete(socket);
        if (!this.sockets.delete(socket)) return;
        this.count.closed(socket.ipAddr);
        observer.ended(socket.openMs, socket.ipAddr);
      },
      onTooManyBytes: (ipAddr) => blocked.block(ipAddr),
      onFault: (error) => this.logger.error('A message could not be processed.', error),
    };
    queue.onFullChange((full) => this.setPaused(full));
  }

  start(): void {
    // After the data that has arrived is read, so that it counts although this process was late.
    this.heartbeat = setInterval(
      () => setImmediate(() => this.sendHeartbeats()),
      this.settings.HEARTBEAT_INTERVAL * 1000,
    );
    this.limitChecks = setInterval(() => setImmediate(() => this.checkLimits()), CHECK_INTERVAL_MS);
  }

  /** Starts reading from a socket. To be called at once: frames that arrive before are lost. */
  open(ws: WebSocket, request: IncomingMessage, endpoint: TelemetryEndpoint): void {
    const tcp = { ...measured(request.socket, this.memory), ipAddr: this.addresses.of(request).address };
    const socket = new NodeSocket(ws, tcp, endpoint, this.context);
    this.sockets.add(socket);
    this.memory.add(socket);
    this.count.opened(socket.ipAddr);
    this.observer.opened();
    if (this.lifecycle.state === 'draining') socket.close(CloseCode.GoingAway, GOING_AWAY);
    else if (this.queue.full) socket.setPaused(true);
  }

  /** Sends close frames. What nodes sent before their own is still read; those that send none in time are terminated. */
  async stop(deadline: Deadline): Promise<void> {
    if (!this.queue.full) this.setPaused(false);
    for (const socket of this.sockets) socket.close(CloseCode.GoingAway, GOING_AWAY);
    await this.sockets.empty(deadline.leftMs(SHARE_FOR_TERMINATION));
    for (const socket of this.sockets) socket.terminate();
    await this.sockets.empty(deadline.leftMs());
    clearInterval(this.heartbeat);
    clearInterval(this.limitChecks);
  }

  private setPaused(paused: boolean): void {
    this.metrics.reading(paused);
    this.observer.paused(paused);
    for (const socket of this.sockets) socket.setPaused(paused);
  }

  private sendHeartbeats(): void {
    const { HEARTBEAT_INTERVAL, CLIENT_TIMEOUT_S } = this.settings;
    for (const socket of this.sockets) socket.heartbeat(HEARTBEAT_INTERVAL * 1000, CLIENT_TIMEOUT_S * 1000);
  }

  private checkLimits(): void {
    const now = performance.now();
    for (const socket of this.sockets) socket.checkLimits(now);
  }
}

function limitsOf(settings: Settings): SocketLimits {
  const { TELEMETRY_SILENT_TIMEOUT_S: silentS, TELEMETRY_MAX_BYTES_PER_S: bytesPerS } = settings;
  return {
    firstFrameMs: silentS === 0 ? undefined : silentS * 1000,
    bytes: bytesPerS === 0 ? undefined : { bytesPerS, windowS: settings.TELEMETRY_BYTES_WINDOW_S },
  };
}
