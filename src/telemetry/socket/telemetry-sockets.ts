import { Injectable, Logger } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import { ClientAddresses } from '../../platform/client-address/index.js';
import { Settings } from '../../platform/config/index.js';
import { type Deadline, Lifecycle, OpenSockets } from '../../platform/lifecycle/index.js';
import { BlockedAddresses } from '../admission/blocked-addresses.js';
import { OpenSocketsCount } from '../admission/open-sockets-count.js';
import { BatchQueue } from '../batch/batch-queue.port.js';
import { FrameMeter, SocketMemory } from '../../platform/socket-memory/index.js';
import { CollectorId, DatabaseClock } from '../../storage/index.js';
import { MessageOutcomes, TelemetryMetrics } from '../telemetry.metrics.js';
import { MessageIntake } from './message-intake.js';
import { NodeSocket, type NodeSocketContext } from './node-socket.js';
import { LOOK_EVERY_MS, type SocketLimits } from './socket-bounds.js';
import { SocketWatch } from './socket-watch.port.js';
import type { TelemetryEndpoint } from './telemetry-endpoint.js';

/** Of the time to stop, kept for sockets that are cut off: their ends come at once. */
const KEPT_FOR_CUT_OFF = 1 / 6;

/** All sockets of nodes: their heartbeat, their bounds, their pauses and their goodbye. */
@Injectable()
export class TelemetrySockets {
  private readonly logger = new Logger(TelemetrySockets.name);
  private readonly sockets = new OpenSockets<NodeSocket>();
  private readonly context: NodeSocketContext;
  private heartbeat: NodeJS.Timeout | undefined;
  private look: NodeJS.Timeout | undefined;

  constructor(
    private readonly settings: Settings,
    private readonly lifecycle: Lifecycle,
    private readonly queue: BatchQueue,
    private readonly metrics: TelemetryMetrics,
    private readonly addresses: ClientAddresses,
    private readonly count: OpenSocketsCount,
    private readonly watch: SocketWatch,
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
        this.count.ended(socket.ipAddr);
        watch.ended(socket.openMs, socket.ipAddr);
      },
      onExcess: (ipAddr) => blocked.block(ipAddr),
      onFault: (error) => this.logger.error('A message could not be taken in.', error),
    };
    queue.onFullChange((full) => this.setPaused(full));
  }

  start(): void {
    // After what has arrived is read: it counts, also where it had to wait for us.
    this.heartbeat = setInterval(
      () => setImmediate(() => this.beat()),
      this.settings.HEARTBEAT_INTERVAL * 1000,
    );
    this.look = setInterval(() => setImmediate(() => this.checkBounds()), LOOK_EVERY_MS);
  }

  /** Takes over a socket. Nothing may be awaited before, or frames are lost. */
  open(ws: WebSocket, request: IncomingMessage, endpoint: TelemetryEndpoint): void {
    const meter = new FrameMeter();
    // Before ws reads the same.
    request.socket.prependListener('data', (chunk: Buffer) => this.memory.grew(meter.read(chunk)));
    const line = { socket: request.socket, meter, ipAddr: this.addresses.of(request).address };
    const socket = new NodeSocket(ws, line, endpoint, this.context);
    this.sockets.add(socket);
    this.memory.add(socket);
    this.count.opened(socket.ipAddr);
    this.watch.opened();
    if (this.lifecycle.state === 'draining') socket.close(1001, 'the server is going away');
    else if (this.queue.full) socket.setPaused(true);
  }

  /** Nodes are told to go. What they sent before their answer is read; who gives none in time is cut off. */
  async stop(deadline: Deadline): Promise<void> {
    if (!this.queue.full) this.setPaused(false);
    for (const socket of this.sockets) socket.close(1001, 'the server is going away');
    await this.sockets.empty(deadline.leftMs(KEPT_FOR_CUT_OFF));
    for (const socket of this.sockets) socket.terminate();
    await this.sockets.empty(deadline.leftMs());
    clearInterval(this.heartbeat);
    clearInterval(this.look);
  }

  private setPaused(paused: boolean): void {
    this.metrics.reading(paused);
    this.watch.paused(paused);
    for (const socket of this.sockets) socket.setPaused(paused);
  }

  private beat(): void {
    const { HEARTBEAT_INTERVAL, CLIENT_TIMEOUT_S } = this.settings;
    for (const socket of this.sockets) socket.beat(HEARTBEAT_INTERVAL * 1000, CLIENT_TIMEOUT_S * 1000);
  }

  private checkBounds(): void {
    const now = performance.now();
    for (const socket of this.sockets) socket.checkBounds(now);
  }
}

function limitsOf(settings: Settings): SocketLimits {
  const { TELEMETRY_SILENT_TIMEOUT_S: silentS, TELEMETRY_MAX_BYTES_PER_S: bytesPerS } = settings;
  return {
    silentMs: silentS === 0 ? undefined : silentS * 1000,
    bytes: bytesPerS === 0 ? undefined : { bytesPerS, windowS: settings.TELEMETRY_BYTES_WINDOW_S },
  };
}
