import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import type { FeedGuard } from '../../platform/access/index.js';
import { TokenBucket } from '../../platform/async/index.js';
import {
  CloseCode,
  type HeldBytes,
  measured,
  type SocketMemory,
  WatchedWebSocket,
} from '../../platform/sockets/index.js';
import type { FeedCache } from '../cache/feed-cache.js';
import type { FeedLimits } from '../feed-limits.js';
import { InvalidRequestError, parseFrame, parseRequest, type SubscribeRequest } from '../feed-request.js';
import type { FeedEnd, FeedMetrics, RequestOutcome } from '../feed.metrics.js';
import type { FeedFreshness } from '../polling.js';
import { type Outbox, SlowConsumerError } from '../subscriptions.js';
import type { FeedTopics } from '../topics.js';
import { AuthHandshake, UnauthenticatedError } from './auth-handshake.js';
import type { FairScheduler, ScheduledSocket, SendLimit, StepResult } from './fair-scheduler.js';
import { Subscriber, TooManySubscriptionsError } from './subscriber.js';

/** A close code for applications: as 401 of HTTP. */
const UNAUTHORIZED = 4401;
/** Approximate memory of a subscription, without what is cached for all: bytes. */
const SUBSCRIPTION_BYTES = 1_024;

export interface FeedSocketContext {
  cache: FeedCache;
  limits: FeedLimits;
  metrics: FeedMetrics;
  topics: FeedTopics;
  scheduler: FairScheduler;
  sendLimit: SendLimit;
  guard: FeedGuard;
  freshness: FeedFreshness;
  memory: SocketMemory;
  /** The longest interval of an aggregate: seconds. */
  maxIntervalS: number;
  /** Called once, when a client that had to authenticate has done so. */
  onAuthenticated: (socket: FeedSocket) => void;
  /** Called once, when the socket has ended. */
  onEnd: (socket: FeedSocket) => void;
  onFault: (error: unknown) => void;
}

/** The socket of a client of the feed. It has no queue of its own: updates stay in the cache until they can be sent. */
export class FeedSocket extends WatchedWebSocket<FeedEnd> implements ScheduledSocket {
  readonly holderKind = 'feed';
  private readonly subscriber: Subscriber;
  private readonly requestRate: TokenBucket;
  private readonly auth: AuthHandshake;
  /** Closes the socket unless it is authenticated before. */
  private readonly authTimer: NodeJS.Timeout | undefined;
  /** Those that may have something to send. The first is next. */
  private readonly ready = new Set<Outbox>();
  /** Frames of the client that are not processed yet; undefined where one is binary. */
  private readonly inbox: (string | undefined)[] = [];
  /** The guard checks the token. */
  private isAuthenticating = false;
  /** Frames that have been sent so far. */
  private framesSent = 0;
  private framesSentBefore = 0;
  /** As the client knows it: see {@link FeedFreshness}. */
  private staleSince: string | null = null;
  private stalledMs = 0;

  /** @param address of the client, IPv6 by its network */
  constructor(
    ws: WebSocket,
    request: IncomingMessage,
    readonly address: string,
    private readonly context: FeedSocketContext,
  ) {
    const { cache, limits, metrics, guard } = context;
    super(ws, measured(request.socket, context.memory), limits.unsentBytes);
    this.requestRate = new TokenBucket(limits.requestBurst, limits.requestsPerSecond, performance.now());
    this.subscriber = new Subscriber(
      address,
      cache,
      limits,
      (subscription) => this.notify(subscription),
      (by) => metrics.subscribed(by),
    );
    this.auth = new AuthHandshake(guard);
    if (this.isUnauthenticated) {
      this.authTimer = setTimeout(() => this.refuse('no token received'), limits.tokenMs);
    }
    metrics.socketOpened();
    this.freshnessChanged();
  }

  /** Whether its client still has to authenticate. */
  get isUnauthenticated(): boolean {
    return !this.auth.isDone;
  }

  /** Sends a ping, or ends the socket of a client that is unresponsive or does not read. */
  heartbeat(intervalMs: number): void {
    const { silentMs, stalledMs, crowdedStalledMs } = this.context.limits;
    const isStalled = this.ws.bufferedAmount > 0 && this.framesSent === this.framesSentBefore;
    this.stalledMs = isStalled ? this.stalledMs + intervalMs : 0;
    this.framesSentBefore = this.framesSent;
    if (this.isUnresponsive(intervalMs, silentMs)) this.terminateWith('timeout');
    else if (this.isMessageOverdue(intervalMs)) {
      this.closeWith('message_timeout', CloseCode.PolicyViolation, 'message timeout');
    } else if (this.stalledMs >= stalledMs) {
      this.closeWith('slow', CloseCode.TryAgainLater, 'client does not read');
    } else if (this.stalledMs >= crowdedStalledMs && this.context.sendLimit.isFullFor(this.address)) {
      // Other clients wait for the bytes that it holds: without a close grace period.
      this.terminateWith('slow');
    } else if (this.isOpen) this.ws.ping();
  }

  override addHeld(to: HeldBytes): void {
    super.addHeld(to);
    for (const text of this.inbox) to.unfinished += text?.length ?? 0;
    to.identities += this.subscriber.size * SUBSCRIPTION_BYTES;
  }

  /** To be called when the feed becomes stale, or up to date again. */
  freshnessChanged(): void {
    if (this.mustSendFreshness) this.context.scheduler.add(this);
  }

  /** Ends it at once: too many clients wait for authentication. */
  evictUnauthenticated(): void {
    this.closeWith('crowded_out', CloseCode.TryAgainLater, 'too many unauthenticated clients');
    this.ws.terminate();
  }

  /** Processes the next frame of the client, or sends it the next one. */
  step(): StepResult {
    if (!this.isOpen || this.isAuthenticating) return 'done';
    if (this.inbox.length === 0) return this.sendNext();
    const text = this.inbox.shift();
    if (this.ws.isPaused && this.inbox.length < this.context.limits.inboxFrames) this.ws.resume();
    this.process(text);
    return this.inbox.length > 0 || this.ready.size > 0 || this.mustSendFreshness ? 'more' : 'done';
  }

  protected override onMessage(data: Buffer, isBinary: boolean): void {
    if (!this.isOpen || !this.tryAcquire(1)) return;
    this.inbox.push(isBinary ? undefined : data.toString());
    if (this.inbox.length >= this.context.limits.inboxFrames) this.ws.pause();
    this.context.scheduler.add(this);
  }

  /** @param text undefined where the frame is binary */
  private process(text: string | undefined): void {
    try {
      if (text === undefined) throw new InvalidRequestError('A frame must be text: one JSON object.');
      const frame = parseFrame(text);
      if (this.isUnauthenticated) {
        this.isAuthenticating = true;
        void this.authenticate(frame).finally(() => {
          this.isAuthenticating = false;
          this.context.scheduler.add(this);
        });
      } else {
        this.subscribe(frame);
      }
    } catch (error) {
      this.respondWithError(error);
    }
  }

  /** Until the guard has decided, no other frame is processed. The time limit for a token goes on. */
  private async authenticate(frame: Record<string, unknown>): Promise<void> {
    try {
      await this.auth.authenticate(frame);
      clearTimeout(this.authTimer);
      this.context.onAuthenticated(this);
      if (this.isOpen) this.subscribe(frame);
    } catch (error) {
      if (this.isOpen) this.respondWithError(error);
    }
  }

  private subscribe(frame: Record<string, unknown>): void {
    const { limits, metrics, maxIntervalS, topics } = this.context;
    const fields = this.auth.withoutToken(frame);
    if (fields !== undefined) {
      const request = parseRequest(fields, maxIntervalS, topics);
      if (isForAggregate(request) && !this.tryAcquire(limits.aggregateRequests - 1)) return;
      this.subscriber.follow(request);
    }
    metrics.requested('accepted');
  }

  private respondWithError(error: unknown): void {
    if (!(error instanceof InvalidRequestError)) {
      this.fault(error);
      return;
    }
    this.context.metrics.requested(outcomeOf(error));
    this.send(JSON.stringify({ error: error.message }));
    if (this.isUnauthenticated) this.refuse('token required');
  }

  private refuse(text: string): void {
    this.closeWith('unauthorized', UNAUTHORIZED, text);
  }

  /** @returns false where that exceeds the limit, and the socket is closed */
  private tryAcquire(requests: number): boolean {
    const isAllowed = this.requestRate.tryAcquire(performance.now(), requests);
    if (!isAllowed) this.closeWith('too_many_requests', CloseCode.PolicyViolation, 'too many requests');
    return isAllowed;
  }

  private notify(subscription: Outbox): void {
    this.ready.add(subscription);
    this.context.scheduler.add(this);
  }

  /** Sends one frame of the next subscription, if the limits of the client and of all clients allow it. */
  private sendNext(): StepResult {
    const { limits, metrics, sendLimit } = this.context;
    this.sendFreshness();
    try {
      for (const subscription of this.ready) {
        if (this.ws.bufferedAmount >= limits.unsentBytes) return 'done';
        if (!sendLimit.maySend(this.address)) return 'limited';
        this.ready.delete(subscription);
        const frame = subscription.isOpen ? subscription.next() : undefined;
        if (frame === undefined) continue;
        // To the end of the queue: a Set is iterated in the order in which it was filled.
        this.ready.add(subscription);
        this.send(frame.data);
        metrics.sent(frame.rows);
        return 'more';
      }
    } catch (error) {
      if (error instanceof SlowConsumerError) this.closeWith('behind', CloseCode.TryAgainLater, 'too slow');
      else this.fault(error);
    }
    return 'done';
  }

  private get mustSendFreshness(): boolean {
    return this.context.freshness.staleSince !== this.staleSince && !this.isUnauthenticated;
  }

  /** Before any other frame: without it the client takes what follows for up to date. */
  private sendFreshness(): void {
    if (!this.mustSendFreshness || this.ws.bufferedAmount >= this.context.limits.unsentBytes) return;
    const { staleSince } = this.context.freshness;
    this.staleSince = staleSince;
    this.send(JSON.stringify({ stale_since: staleSince }));
  }

  private send(data: Buffer | string): void {
    const { sendLimit, scheduler } = this.context;
    // A frame that is sent at once is no sign of a slow client.
    if (this.ws.bufferedAmount === 0) this.framesSent += 1;
    else this.context.memory.grew(data.length);
    sendLimit.sending(this.address, data.length);
    this.ws.send(data, { binary: false }, () => {
      sendLimit.sent(this.address, data.length);
      this.framesSent += 1;
      if (this.ready.size > 0 || this.mustSendFreshness) scheduler.add(this);
    });
  }

  /** Releases what is held for the client first: the close grace period does not prolong that. */
  protected override closeWith(reason: FeedEnd, code: number, text: string): void {
    this.release();
    super.closeWith(reason, code, text);
  }

  private fault(error: unknown): void {
    this.context.onFault(error);
    this.closeWith('fault', CloseCode.InternalError, 'internal error');
  }

  private release(): void {
    this.ready.clear();
    this.inbox.length = 0;
    // The client's close frame has to be read.
    if (this.ws.isPaused) this.ws.resume();
    this.subscriber.endAll();
  }

  protected override onClose(reason: FeedEnd): void {
    clearTimeout(this.authTimer);
    this.release();
    this.context.metrics.socketClosed(reason);
    this.context.onEnd(this);
  }
}

function outcomeOf(error: InvalidRequestError): RequestOutcome {
  if (error instanceof UnauthenticatedError) return 'unauthorized';
  return error instanceof TooManySubscriptionsError ? 'too_many_subscriptions' : 'malformed';
}

function isForAggregate(request: SubscribeRequest): boolean {
  return 'aggregate' in request && request.aggregate !== undefined;
}
