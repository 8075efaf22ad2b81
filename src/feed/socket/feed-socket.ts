import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import type { FeedGuard } from '../../platform/access/index.js';
import { TokenBucket } from '../../platform/async/index.js';
import {
  FrameMeter,
  type HeldBytes,
  type MemoryHolder,
  MessageDeadline,
  type SocketMemory,
  TOO_MANY_PARTS,
} from '../../platform/socket-memory/index.js';
import type { FeedCache } from '../cache/feed-cache.js';
import type { FeedLimits } from '../feed-limits.js';
import { InvalidRequestError, objectIn, readRequest, type SubscribeRequest } from '../feed-request.js';
import type { FeedEnd, FeedMetrics, RequestOutcome } from '../feed.metrics.js';
import type { FeedFreshness } from '../polling.js';
import { type Outbox, SlowConsumerError } from '../subscriptions.js';
import type { FeedTopics } from '../topics.js';
import { Admission, NotAdmittedError } from './admission.js';
import type { SendBudget } from './send-budget.js';
import type { SocketTurns, TurnResult, TurnTaker } from './socket-turns.js';
import { Subscriber, TooManySubscriptionsError } from './subscriber.js';

/** The server cannot serve this client now; it may come again. */
const TRY_AGAIN_LATER = 1013;
const POLICY_VIOLATION = 1008;
const INTERNAL_ERROR = 1011;
/** Of those that applications may give a meaning: as 401 of HTTP. */
const UNAUTHORIZED = 4401;
/** What a subscription takes, about, without what is cached for all. */
const SUBSCRIPTION_BYTES = 1_024;
const TOO_LARGE = 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH';

export interface FeedSocketContext {
  cache: FeedCache;
  limits: FeedLimits;
  metrics: FeedMetrics;
  topics: FeedTopics;
  turns: SocketTurns;
  sendBudget: SendBudget;
  guard: FeedGuard;
  freshness: FeedFreshness;
  memory: SocketMemory;
  /** The longest interval of an aggregate: seconds. */
  longestS: number;
  /** Called once, when a client that had to show its token has done so. */
  onAdmitted: (socket: FeedSocket) => void;
  /** Called once, when the socket has ended. */
  onEnd: (socket: FeedSocket) => void;
  onFault: (error: unknown) => void;
}

/** A client of the feed. It is sent what it can take, and nothing waits for it but in the cache. */
export class FeedSocket implements MemoryHolder, TurnTaker {
  readonly holderKind = 'feed';
  private readonly subscriber: Subscriber;
  private readonly budget: TokenBucket;
  private readonly admission: Admission;
  /** Ends the socket, unless it is admitted before. */
  private readonly admissionTimer: NodeJS.Timeout | undefined;
  /** Those that may have something to send, in the order of their turns. */
  private readonly ready = new Set<Outbox>();
  /** Frames of the client that wait for their turn; undefined where one is binary. */
  private readonly inbox: (string | undefined)[] = [];
  /** The guard is looking at the token. */
  private isAdmitting = false;
  private readonly meter = new FrameMeter();
  private readonly deadline = new MessageDeadline();
  private endReason: FeedEnd | undefined;
  private bytesSeen = 0;
  private silentMs = 0;
  /** What the client has taken so far: frames. */
  private taken = 0;
  private takenSeen = 0;
  /** As the client was told: see {@link FeedFreshness}. */
  private staleSince: string | null = null;
  private stalledMs = 0;

  /** @param address of the client, IPv6 by its network */
  constructor(
    private readonly ws: WebSocket,
    private readonly request: IncomingMessage,
    readonly address: string,
    private readonly context: FeedSocketContext,
  ) {
    const { cache, limits, metrics, guard } = context;
    this.budget = new TokenBucket(limits.requestBurst, limits.requestsPerSecond, performance.now());
    this.subscriber = new Subscriber(
      address,
      cache,
      limits,
      (subscription) => this.queue(subscription),
      (by) => metrics.subscribed(by),
    );
    this.admission = new Admission(guard);
    if (this.isWaiting) {
      this.admissionTimer = setTimeout(() => this.refuse('no token has come'), limits.tokenMs);
    }
    metrics.socketOpened();
    // Before ws reads the same.
    request.socket.prependListener('data', (chunk: Buffer) => context.memory.grew(this.meter.read(chunk)));
    ws.on('message', (data, isBinary) => this.receive(data as Buffer, isBinary));
    ws.on('ping', (data) => this.answer(data));
    ws.on('error', (error) => this.failed(error));
    ws.on('close', (code) => this.ended(code));
    this.tellSoon();
  }

  /** Whether its client has yet to show its token. */
  get isWaiting(): boolean {
    return !this.admission.isGiven;
  }

  /** Pings, or drops a client that is silent or takes nothing. A beat counts as one interval however late it is. */
  beat(intervalMs: number): void {
    const { silentMs, stalledMs, crowdedStalledMs } = this.context.limits;
    const { bytesRead } = this.request.socket;
    // What we do not read is not silent.
    const isSilent = bytesRead === this.bytesSeen && !this.ws.isPaused;
    this.silentMs = isSilent ? this.silentMs + intervalMs : 0;
    this.bytesSeen = bytesRead;
    const stalled = this.ws.bufferedAmount > 0 && this.taken === this.takenSeen;
    this.stalledMs = stalled ? this.stalledMs + intervalMs : 0;
    this.takenSeen = this.taken;
    const isCrowded = this.context.sendBudget.isFullFor(this.address);
    if (this.silentMs >= silentMs) this.cutOff('timeout');
    else if (!this.ws.isPaused && this.deadline.isOver(this.meter, intervalMs)) {
      this.drop('message_timeout', POLICY_VIOLATION, 'message timeout');
    } else if (this.stalledMs >= stalledMs) this.drop('slow', TRY_AGAIN_LATER, 'nothing was taken');
    // Others wait for what it holds: its close is not waited for.
    else if (isCrowded && this.stalledMs >= crowdedStalledMs) this.cutOff('slow');
    else if (this.isOpen) this.ws.ping();
  }

  close(code: number, reason: string): void {
    this.drop('shutdown', code, reason);
  }

  addHeld(to: HeldBytes): void {
    to.unfinished += this.meter.held;
    for (const text of this.inbox) to.unfinished += text?.length ?? 0;
    to.identities += this.subscriber.size * SUBSCRIPTION_BYTES;
    to.unsent += this.ws.bufferedAmount;
  }

  /** Makes room: what is held for it goes at once. */
  evict(): void {
    this.drop('memory_limit', TRY_AGAIN_LATER, 'memory limit');
    this.ws.terminate();
  }

  /** To be called when it has changed whether the feed is behind. */
  tellSoon(): void {
    if (this.isToBeTold) this.context.turns.add(this);
  }

  /** Ends it at once, to make room for another. */
  crowdOut(): void {
    this.drop('crowded_out', TRY_AGAIN_LATER, 'too many wait');
    this.ws.terminate();
  }

  terminate(): void {
    this.ws.terminate();
  }

  private get isOpen(): boolean {
    return this.ws.readyState === this.ws.OPEN;
  }

  /** Handles the next frame of the client, or sends it the next one. */
  turn(): TurnResult {
    if (!this.isOpen || this.isAdmitting) return 'done';
    if (this.inbox.length === 0) return this.sendNext();
    const text = this.inbox.shift();
    if (this.ws.isPaused && this.inbox.length < this.context.limits.inboxFrames) this.ws.resume();
    this.handle(text);
    return this.inbox.length > 0 || this.ready.size > 0 || this.isToBeTold ? 'more' : 'done';
  }

  private receive(data: Buffer, isBinary: boolean): void {
    if (!this.isOpen || !this.spend(1)) return;
    this.inbox.push(isBinary ? undefined : data.toString());
    if (this.inbox.length >= this.context.limits.inboxFrames) this.ws.pause();
    this.context.turns.add(this);
  }

  /** @param text undefined where the frame is binary */
  private handle(text: string | undefined): void {
    try {
      if (text === undefined) throw new InvalidRequestError('A frame must be text: one JSON object.');
      const frame = objectIn(text);
      if (this.isWaiting) {
        this.isAdmitting = true;
        void this.admit(frame).finally(() => {
          this.isAdmitting = false;
          this.context.turns.add(this);
        });
      } else {
        this.follow(frame);
      }
    } catch (error) {
      this.object(error);
    }
  }

  /** The guard may take its time: until then no other frame is handled, and the time for a token goes on. */
  private async admit(frame: Record<string, unknown>): Promise<void> {
    try {
      await this.admission.check(frame);
      clearTimeout(this.admissionTimer);
      this.context.onAdmitted(this);
      if (this.isOpen) this.follow(frame);
    } catch (error) {
      if (this.isOpen) this.object(error);
    }
  }

  private follow(frame: Record<string, unknown>): void {
    const { limits, metrics, longestS, topics } = this.context;
    const fields = this.admission.take(frame);
    if (fields !== undefined) {
      const wish = readRequest(fields, longestS, topics);
      if (isForAggregate(wish) && !this.spend(limits.aggregateRequests - 1)) return;
      this.subscriber.follow(wish);
    }
    metrics.requested('accepted');
  }

  private object(error: unknown): void {
    if (!(error instanceof InvalidRequestError)) {
      this.fault(error);
      return;
    }
    this.context.metrics.requested(outcomeOf(error));
    this.send(JSON.stringify({ error: error.message }));
    if (this.isWaiting) this.refuse('a token is needed');
  }

  private refuse(why: string): void {
    this.drop('unauthorized', UNAUTHORIZED, why);
  }

  /** @returns false where that was too much, and the socket is closed */
  private spend(requests: number): boolean {
    const may = this.budget.tryAcquire(performance.now(), requests);
    if (!may) this.drop('too_many_requests', POLICY_VIOLATION, 'too many requests');
    return may;
  }

  private queue(subscription: Outbox): void {
    this.ready.add(subscription);
    this.context.turns.add(this);
  }

  /** Sends a frame, of each subscription in turn, if the client and the budget of all have room for it. */
  private sendNext(): TurnResult {
    const { limits, metrics, sendBudget } = this.context;
    this.tellWhetherStale();
    try {
      for (const subscription of this.ready) {
        if (this.ws.bufferedAmount >= limits.unsentBytes) return 'done';
        if (!sendBudget.maySend(this.address)) return 'held';
        this.ready.delete(subscription);
        const frame = subscription.isOpen ? subscription.next() : undefined;
        if (frame === undefined) continue;
        // To the end of the line: a Set is gone through in the order in which it was filled.
        this.ready.add(subscription);
        this.send(frame.data);
        metrics.sent(frame.rows);
        return 'more';
      }
    } catch (error) {
      if (error instanceof SlowConsumerError) this.drop('behind', TRY_AGAIN_LATER, 'too slow');
      else this.fault(error);
    }
    return 'done';
  }

  private get isToBeTold(): boolean {
    return this.context.freshness.staleSince !== this.staleSince && !this.isWaiting;
  }

  /** Before anything else that is sent: who has not been told takes it for new. */
  private tellWhetherStale(): void {
    if (!this.isToBeTold || this.ws.bufferedAmount >= this.context.limits.unsentBytes) return;
    const { staleSince } = this.context.freshness;
    this.staleSince = staleSince;
    this.send(JSON.stringify({ stale_since: staleSince }));
  }

  private send(data: Buffer | string): void {
    const { sendBudget, turns } = this.context;
    // What did not wait for the client is no sign that it is slow.
    if (this.ws.bufferedAmount === 0) this.taken += 1;
    else this.context.memory.grew(data.length);
    sendBudget.sending(this.address, data.length);
    this.ws.send(data, { binary: false }, () => {
      sendBudget.taken(this.address, data.length);
      this.taken += 1;
      if (this.ready.size > 0 || this.isToBeTold) turns.add(this);
    });
  }

  /** Somebody who pings and does not read the answers gets no more of them. */
  private answer(ping: Buffer): void {
    if (this.ws.bufferedAmount < this.context.limits.unsentBytes) this.ws.pong(ping);
  }

  /** Says why. What waits for the client and the answer to it are not waited for longer than a close takes. */
  private drop(reason: FeedEnd, code: number, text: string): void {
    this.endReason ??= reason;
    this.release();
    this.ws.close(code, text);
  }

  private cutOff(reason: FeedEnd): void {
    this.endReason ??= reason;
    this.ws.terminate();
  }

  private fault(error: unknown): void {
    this.context.onFault(error);
    this.drop('fault', INTERNAL_ERROR, 'a fault of the server');
  }

  private release(): void {
    this.ready.clear();
    this.inbox.length = 0;
    // The answer to a close frame is to be read.
    if (this.ws.isPaused) this.ws.resume();
    this.subscriber.endAll();
  }

  private failed(error: Error & { code?: string }): void {
    if (error.code === TOO_LARGE) this.endReason ??= 'payload_too_large';
    else if (error.code === TOO_MANY_PARTS) this.endReason ??= 'too_many_fragments';
    else this.endReason ??= error.code?.startsWith('WS_ERR') === true ? 'protocol_error' : 'reset';
  }

  private ended(code: number): void {
    clearTimeout(this.admissionTimer);
    this.release();
    // 1006 is what ws reports when the client went without a close frame.
    this.context.metrics.socketClosed(this.endReason ?? (code === 1006 ? 'reset' : 'closed'));
    this.context.onEnd(this);
  }
}

function outcomeOf(error: InvalidRequestError): RequestOutcome {
  if (error instanceof NotAdmittedError) return 'unauthorized';
  return error instanceof TooManySubscriptionsError ? 'too_many_subscriptions' : 'malformed';
}

function isForAggregate(wish: SubscribeRequest): boolean {
  return 'aggregate' in wish && wish.aggregate !== undefined;
}
