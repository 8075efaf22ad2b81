import { Injectable, Logger } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import { FeedGuard } from '../../platform/access/index.js';
import { addressGroup } from '../../platform/address/index.js';
import { ClientAddresses } from '../../platform/client-address/index.js';
import { Settings } from '../../platform/config/index.js';
import { type Deadline, Lifecycle } from '../../platform/lifecycle/index.js';
import { CloseCode, OpenSockets, SocketMemory } from '../../platform/sockets/index.js';
import { EntryFiller } from '../cache/cache-fillers.js';
import { CacheUpdater } from '../cache/cache-updater.js';
import { FeedCache } from '../cache/feed-cache.js';
import { FeedLimits } from '../feed-limits.js';
import { FeedMetrics } from '../feed.metrics.js';
import { FeedFreshness } from '../polling.js';
import { FeedTopics } from '../topics.js';
import { UnauthenticatedSockets } from './auth-handshake.js';
import { FairScheduler, SendLimit } from './fair-scheduler.js';
import { FeedSocket, type FeedSocketContext } from './feed-socket.js';

const GOING_AWAY = 'the server is going away';

/** All sockets of the feed: heartbeats, authentication and the stop. */
@Injectable()
export class FeedSockets {
  private readonly logger = new Logger('Feed');
  private readonly sockets = new OpenSockets<FeedSocket>();
  private readonly unauthenticated: UnauthenticatedSockets<FeedSocket>;
  private readonly context: FeedSocketContext;
  private heartbeat: NodeJS.Timeout | undefined;

  constructor(
    settings: Settings,
    cache: FeedCache,
    private readonly metrics: FeedMetrics,
    topics: FeedTopics,
    guard: FeedGuard,
    private readonly limits: FeedLimits,
    private readonly addresses: ClientAddresses,
    private readonly lifecycle: Lifecycle,
    private readonly updater: CacheUpdater,
    private readonly filler: EntryFiller,
    freshness: FeedFreshness,
    private readonly memory: SocketMemory,
    scheduler: FairScheduler,
    sendLimit: SendLimit,
  ) {
    metrics.watch({ unsentBytes: () => sendLimit.unsentBytes });
    this.unauthenticated = new UnauthenticatedSockets(limits);
    this.context = {
      cache,
      limits,
      metrics,
      topics,
      scheduler,
      sendLimit,
      guard,
      freshness,
      memory,
      maxIntervalS: settings.CACHE_EXPIRY_S,
      onAuthenticated: (socket) => this.deleteUnauthenticated(socket),
      onEnd: (socket) => {
        this.deleteUnauthenticated(socket);
        this.memory.delete(socket);
        this.sockets.delete(socket);
      },
      onFault: (error) => this.logger.error('Serving a subscriber of the live feed failed.', error),
    };
    freshness.onChange(() => {
      for (const socket of this.sockets) socket.freshnessChanged();
    });
  }

  start(): void {
    this.updater.start();
    this.scheduleHeartbeat();
  }

  /** Whether the limit on sockets is reached. */
  get areFull(): boolean {
    return this.sockets.size - this.unauthenticated.size >= this.limits.sockets;
  }

  /** Starts reading from a socket. To be called at once: frames that arrive before are lost. */
  open(ws: WebSocket, request: IncomingMessage): void {
    const { address } = this.addresses.of(request);
    const socket = new FeedSocket(ws, request, addressGroup(address), this.context);
    this.sockets.add(socket);
    this.memory.add(socket);
    if (socket.isUnauthenticated) this.addUnauthenticated(socket, address);
    if (this.lifecycle.state === 'draining') socket.close(CloseCode.GoingAway, GOING_AWAY);
  }

  /** Sends close frames. Clients that do not close in time are terminated. */
  async stop(deadline: Deadline): Promise<void> {
    clearTimeout(this.heartbeat);
    this.updater.stop();
    this.filler.stop();
    for (const socket of this.sockets) socket.close(CloseCode.GoingAway, GOING_AWAY);
    await this.sockets.empty(deadline.leftMs());
    for (const socket of this.sockets) socket.terminate();
  }

  private addUnauthenticated(socket: FeedSocket, address: string): void {
    const evicted = this.unauthenticated.add(socket, address);
    // It ends soon, and does not count until then.
    if (evicted !== undefined) this.sockets.delete(evicted);
    evicted?.evictUnauthenticated();
    this.metrics.socketsWaiting(this.unauthenticated.size);
  }

  private deleteUnauthenticated(socket: FeedSocket): void {
    if (this.unauthenticated.delete(socket)) this.metrics.socketsWaiting(this.unauthenticated.size);
  }

  private scheduleHeartbeat(): void {
    const { pingEveryMs } = this.limits;
    this.heartbeat = setTimeout(() => {
      // After the data that has arrived is read, so that it counts although this process was late.
      setImmediate(() => {
        for (const socket of this.sockets) socket.heartbeat(pingEveryMs);
      });
      this.scheduleHeartbeat();
    }, pingEveryMs);
  }
}
