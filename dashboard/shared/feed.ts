import { accessRefused, token } from './access.js';
import { ReceivedRows } from './received-rows.js';

/** A message or an aggregate from the feed. `created_at` is RFC 3339 in UTC with microseconds. */
export type FeedRow = Record<string, unknown> & { created_at: string };

export interface FeedRequest {
  /** `*` for all nodes. */
  peer_id: string;
  /** Message type. */
  msg: string;
  /** RFC 3339. The feed first sends cached messages since this time. */
  start_time: string;
  aggregate?: {
    type: 'mean' | 'median' | 'min' | 'max' | 'percentile90' | 'p50' | 'p95' | 'p99';
    /** Length of an interval. */
    seconds: number;
    /** The aggregated field. Default: `time`. */
    key?: string;
  };
}

/** `waiting`: the connection was lost; the client reconnects automatically. */
export type FeedState = 'idle' | 'connecting' | 'open' | 'waiting';

interface Subscription {
  request: FeedRequest;
  onRows: (rows: FeedRow[]) => void;
  received: ReceivedRows;
}

/** A subscription to data other than messages: `{"network": "Polkadot", …}` has the name `network`. */
export interface FeedTopic {
  name: string;
  value: string;
  /** Additional fields of the request. Called for each request, also after a reconnect. */
  request: () => object;
  onFrame: (frame: Record<string, unknown>) => void;
}

interface Frame {
  [name: string]: unknown;
  error?: string;
  peer_message?: { peer_id: string; msg: string };
  data?: FeedRow[];
}

/** Close code: the token is missing or not valid. */
const UNAUTHORIZED = 4401;

const FIRST_DELAY_MS = 500;
const MAX_DELAY_MS = 30_000;

/**
 * The live feed: one WebSocket to `/feed`, opened with the first subscription. After a connection loss it reconnects
 * with exponential backoff. Each subscription then resumes some minutes before its newest row, because messages may
 * arrive late; rows that it has already received are dropped.
 */
export class FeedClient {
  private readonly subscriptions = new Map<string, Subscription>();
  private readonly topics = new Set<FeedTopic>();
  private readonly stateListeners = new Set<(state: FeedState) => void>();
  private readonly errorListeners = new Set<(message: string) => void>();
  private socket: WebSocket | undefined;
  private delayMs = FIRST_DELAY_MS;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private current: FeedState = 'idle';

  /** @param parse parses frames: `JSON.parse`, or a parser with exact numbers */
  constructor(
    private readonly parse: (text: string) => unknown = JSON.parse,
    private readonly url = `${location.origin.replace(/^http/, 'ws')}/feed`,
  ) {
    addEventListener('online', () => this.reconnectNow());
    // A connection that is lost without a close frame would stay open for minutes.
    addEventListener('offline', () => this.socket?.close());
  }

  get state(): FeedState {
    return this.current;
  }

  /**
   * Starts a subscription. It replaces one of the same node and type; raw and aggregated subscriptions are separate.
   *
   * @param onRows receives rows, oldest first. An aggregate replaces the earlier one of the same `created_at`, `target`
   *   and `name`
   * @returns a function that ends the subscription
   */
  subscribe(request: FeedRequest, onRows: (rows: FeedRow[]) => void): () => void {
    const subscription: Subscription = { request, onRows, received: new ReceivedRows() };
    const key = keyOf(request, request.aggregate !== undefined);
    this.subscriptions.set(key, subscription);
    if (this.socket === undefined && this.timer === undefined) this.connect();
    else this.sendSubscription(subscription, 'subscribe');
    return () => {
      if (this.subscriptions.get(key) !== subscription) return;
      this.subscriptions.delete(key);
      this.sendSubscription(subscription, 'unsubscribe');
      this.closeUnused();
    };
  }

  /** Starts a subscription to a topic. @returns a function that ends it */
  follow(topic: FeedTopic): () => void {
    this.topics.add(topic);
    if (this.socket === undefined && this.timer === undefined) this.connect();
    else this.sendTopicSubscription(topic, 'subscribe');
    return () => {
      if (!this.topics.delete(topic)) return;
      this.sendTopicSubscription(topic, 'unsubscribe');
      this.closeUnused();
    };
  }

  /** @returns a function that removes the listener */
  onState(listener: (state: FeedState) => void): () => void {
    this.stateListeners.add(listener);
    listener(this.current);
    return () => this.stateListeners.delete(listener);
  }

  /** Adds a listener for error messages of the server. @returns a function that removes it */
  onError(listener: (message: string) => void): () => void {
    this.errorListeners.add(listener);
    return () => this.errorListeners.delete(listener);
  }

  private connect(): void {
    this.timer = undefined;
    this.setState('connecting');
    const socket = new WebSocket(this.url);
    this.socket = socket;
    socket.onopen = () => {
      const stored = token();
      if (stored !== undefined) socket.send(JSON.stringify({ token: stored }));
      this.setState('open');
      for (const subscription of this.subscriptions.values())
        this.sendSubscription(subscription, 'subscribe');
      for (const topic of this.topics) this.sendTopicSubscription(topic, 'subscribe');
    };
    socket.onmessage = ({ data }: MessageEvent<string>) => this.receive(this.parse(data) as Frame);
    socket.onclose = ({ code }) => {
      if (this.socket !== socket) return;
      if (code === UNAUTHORIZED) this.handleUnauthorized();
      else this.reconnectLater();
    };
  }

  /** Does not reconnect: the next subscription follows when a new token has been entered. */
  private handleUnauthorized(): void {
    this.socket = undefined;
    this.setState('idle');
    accessRefused();
  }

  private reconnectLater(): void {
    this.socket = undefined;
    this.setState('waiting');
    const jitter = 0.75 + Math.random() / 2;
    this.timer = setTimeout(() => this.connect(), this.delayMs * jitter);
    this.delayMs = Math.min(this.delayMs * 2, MAX_DELAY_MS);
  }

  private reconnectNow(): void {
    if (this.timer === undefined) return;
    clearTimeout(this.timer);
    this.connect();
  }

  private closeUnused(): void {
    if (this.subscriptions.size > 0 || this.topics.size > 0) return;
    clearTimeout(this.timer);
    this.timer = undefined;
    const socket = this.socket;
    this.socket = undefined;
    socket?.close();
    this.setState('idle');
  }

  private sendSubscription({ request, received }: Subscription, interest: 'subscribe' | 'unsubscribe'): void {
    if (this.socket?.readyState !== WebSocket.OPEN) return;
    const { peer_id, msg, start_time, aggregate } = request;
    const aggregated = aggregate && {
      aggregate_type: aggregate.type,
      ...(interest === 'subscribe' && {
        aggregate_interval: aggregate.seconds,
        ...(aggregate.key !== undefined && { aggregate_key: aggregate.key }),
      }),
    };
    const start = interest === 'subscribe' && { start_time: laterOf(start_time, received.resume()) };
    this.socket.send(JSON.stringify({ peer_id, msg, interest, ...start, ...aggregated }));
  }

  private sendTopicSubscription(
    { name, value, request }: FeedTopic,
    interest: 'subscribe' | 'unsubscribe',
  ): void {
    if (this.socket?.readyState !== WebSocket.OPEN) return;
    const more = interest === 'subscribe' ? request() : {};
    this.socket.send(JSON.stringify({ [name]: value, interest, ...more }));
  }

  private receive(frame: Frame): void {
    const { error, peer_message: pair, data = [] } = frame;
    this.delayMs = FIRST_DELAY_MS;
    if (error !== undefined) {
      for (const listener of this.errorListeners) listener(error);
      return;
    }
    for (const { name, value, onFrame } of this.topics) if (frame[name] === value) onFrame(frame);
    if (pair === undefined) return;
    // Only aggregates have an empty `values`.
    const aggregated = data.some((row) => row.values === '');
    const subscription = this.subscriptions.get(keyOf(pair, aggregated));
    if (subscription === undefined) return;
    const { received, onRows } = subscription;
    if (aggregated) received.noteTimes(data);
    const rows = aggregated ? data : received.fresh(data);
    if (rows.length > 0) onRows(rows);
  }

  private setState(state: FeedState): void {
    if (this.current === state) return;
    this.current = state;
    for (const listener of this.stateListeners) listener(state);
  }
}

function keyOf({ peer_id, msg }: Pick<FeedRequest, 'peer_id' | 'msg'>, aggregated: boolean): string {
  return JSON.stringify([peer_id, msg, aggregated]);
}

function laterOf(time: string, other: string | undefined): string {
  return other === undefined || Date.parse(other) <= Date.parse(time) ? time : other;
}
