import { Injectable, Logger } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import { FeedGuard } from '../../platform/access/index.js';
import { addressGroup } from '../../platform/address/index.js';
import { ClientAddresses } from '../../platform/client-address/index.js';
import { Settings } from '../../platform/config/index.js';
import { type Deadline, Lifecycle, OpenSockets } from '../../platform/lifecycle/index.js';
import { SocketMemory } from '../../platform/socket-memory/index.js';
import { EntryFiller } from '../cache/cache-fillers.js';
import { CacheUpdater } from '../cache/cache-updater.js';
import { FeedCache } from '../cache/feed-cache.js';
import { FeedLimits } from '../feed-limits.js';
import { FeedMetrics } from '../feed.metrics.js';
import { FeedFreshness } from '../polling.js';
import { FeedTopics } from '../topics.js';
import { FeedSocket, type FeedSocketContext } from './feed-socket.js';
import { SendBudget } from './send-budget.js';
import { SocketTurns } from './socket-turns.js';
import { WaitingSockets } from './waiting-sockets.js';

/** All clients of the feed: their heartbeat and their goodbye. */
@Injectable()
export class FeedSockets {
  private readonly logger = new Logger('Feed');
  private readonly sockets = new OpenSockets<FeedSocket>();
  private readonly waiting: WaitingSockets<FeedSocket>;
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
    turns: SocketTurns,
    sendBudget: SendBudget,
  ) {
    metrics.watch({ unsentBytes: () => sendBudget.unsentBytes });
    this.waiting = new WaitingSockets(limits);
    this.context = {
      cache,
      limits,
      metrics,
      topics,
      turns,
      sendBudget,
      guard,
      freshness,
      memory,
      longestS: settings.CACHE_EXPIRY_S,
      onAdmitted: (socket) => this.waitsNoMore(socket),
      onEnd: (socket) => {
        this.waitsNoMore(socket);
        this.memory.delete(socket);
        this.sockets.delete(socket);
      },
      onFault: (error) => this.logger.error('Serving a subscriber of the live feed failed.', error),
    };
    freshness.onChange(() => {
      for (const socket of this.sockets) socket.tellSoon();
    });
  }

  start(): void {
    this.updater.start();
    this.scheduleBeat();
  }

  /** Whether as many are served as may be. */
  get areFull(): boolean {
    return this.sockets.size - this.waiting.size >= this.limits.sockets;
  }

  /** Takes over a socket. Nothing may be awaited before, or frames are lost. */
  open(ws: WebSocket, request: IncomingMessage): void {
    const { address } = this.addresses.of(request);
    const socket = new FeedSocket(ws, request, addressGroup(address), this.context);
    this.sockets.add(socket);
    this.memory.add(socket);
    if (socket.isWaiting) this.wait(socket, address);
    if (this.lifecycle.state === 'draining') socket.close(1001, 'the server is going away');
  }

  /** Clients are told to go; who has not answered in time is cut off. */
  async stop(deadline: Deadline): Promise<void> {
    clearTimeout(this.heartbeat);
    this.updater.stop();
    this.filler.stop();
    for (const socket of this.sockets) socket.close(1001, 'the server is going away');
    await this.sockets.empty(deadline.leftMs());
    for (const socket of this.sockets) socket.terminate();
  }

  private wait(socket: FeedSocket, address: string): void {
    const inTheWay = this.waiting.add(socket, address);
    // It ends in a moment, and takes no place until then.
    if (inTheWay !== undefined) this.sockets.delete(inTheWay);
    inTheWay?.crowdOut();
    this.metrics.socketsWaiting(this.waiting.size);
  }

  private waitsNoMore(socket: FeedSocket): void {
    if (this.waiting.delete(socket)) this.metrics.socketsWaiting(this.waiting.size);
  }

  private scheduleBeat(): void {
    const { pingEveryMs } = this.limits;
    this.heartbeat = setTimeout(() => {
      // After what has arrived is read: it counts, also where it had to wait for us.
      setImmediate(() => {
        for (const socket of this.sockets) socket.beat(pingEveryMs);
      });
      this.scheduleBeat();
    }, pingEveryMs);
  }
}
