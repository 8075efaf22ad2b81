import { accessRefused, token } from './access.js';
import { ReceivedRows } from './received-rows.js';

/** A message or an aggregate as the feed sends it. `created_at` is RFC 3339 in UTC with microseconds. */
export type FeedRow = Record<string, unknown> & { created_at: string };

export interface FeedRequest {
  /** `*` for all nodes. */
  peer_id: string;
  /** A type of message. */
  msg: string;
  /** RFC 3339: what is cached from then on comes at once. */
  start_time: string;
  aggregate?: {
    type: 'mean' | 'median' | 'min' | 'max' | 'percentile90' | 'p50' | 'p95' | 'p99';
    /** Of an interval. */
    seconds: number;
    /** The field that is aggregated: `time` unless given. */
    key?: string;
  };
}

/** `waiting`: it was lost, and is tried again by itself. */
export type FeedState = 'idle' | 'connecting' | 'open' | 'waiting';

interface Subscription {
  request: FeedRequest;
  onRows: (rows: FeedRow[]) => void;
  delivered: ReceivedRows;
}

/** Something besides messages that the feed sends: `{"network": "Polkadot", …}` has the name `network`. */
export interface FeedTopic {
  name: string;
  value: string;
  /** More of the request, each time that it is sent: also after the line was lost. */
  request: () => object;
  onFrame: (frame: Record<string, unknown>) => void;
}

interface Frame {
  [name: string]: unknown;
  error?: string;
  peer_message?: { peer_id: string; msg: string };
  data?: FeedRow[];
}

/** The server requires a token, or another one. */
const UNAUTHORIZED = 4401;

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;

/**
 * The live feed: one WebSocket to `/feed`, opened with the first subscription. When it is lost it is opened again,
 * after waits that grow. Each subscription then goes on some minutes before its newest row, since messages may come late;
 * what has come already is dropped.
 */
export class FeedClient {
  private readonly subscriptions = new Map<string, Subscription>();
  private readonly topics = new Set<FeedTopic>();
  private readonly stateListeners = new Set<(state: FeedState) => void>();
  private readonly errorListeners = new Set<(message: string) => void>();
  private socket: WebSocket | undefined;
  private waitMs = FIRST_WAIT_MS;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private current: FeedState = 'idle';

  /** @param parse reads frames: JSON.parse, or something that keeps the digits of large numbers */
  constructor(
    private readonly parse: (text: string) => unknown = JSON.parse,
    private readonly url = `${location.origin.replace(/^http/, 'ws')}/feed`,
  ) {
    addEventListener('online', () => this.tryNow());
    // A line that is gone without a goodbye would count as open for minutes.
    addEventListener('offline', () => this.socket?.close());
  }

  get state(): FeedState {
    return this.current;
  }

  /**
   * Begins a subscription. Another one of the same node and type replaces it, raw and aggregated apart.
   *
   * @param onRows gets what came, oldest first. An aggregate that comes again replaces the former of the same
   *   `created_at`, `target` and `name`
   * @returns ends it
   */
  subscribe(request: FeedRequest, onRows: (rows: FeedRow[]) => void): () => void {
    const subscription: Subscription = { request, onRows, delivered: new ReceivedRows() };
    const key = keyOf(request, request.aggregate !== undefined);
    this.subscriptions.set(key, subscription);
    if (this.socket === undefined && this.timer === undefined) this.connect();
    else this.sendInterest(subscription, 'subscribe');
    return () => {
      if (this.subscriptions.get(key) !== subscription) return;
      this.subscriptions.delete(key);
      this.sendInterest(subscription, 'unsubscribe');
      this.closeUnused();
    };
  }

  /** Begins to follow a topic. @returns ends it */
  follow(topic: FeedTopic): () => void {
    this.topics.add(topic);
    if (this.socket === undefined && this.timer === undefined) this.connect();
    else this.sendTopicInterest(topic, 'subscribe');
    return () => {
      if (!this.topics.delete(topic)) return;
      this.sendTopicInterest(topic, 'unsubscribe');
      this.closeUnused();
    };
  }

  /** @returns stops listening */
  onState(listener: (state: FeedState) => void): () => void {
    this.stateListeners.add(listener);
    listener(this.current);
    return () => this.stateListeners.delete(listener);
  }

  /** What the server objected to, in words. @returns stops listening */
  onError(listener: (message: string) => void): () => void {
    this.errorListeners.add(listener);
    return () => this.errorListeners.delete(listener);
  }

  private connect(): void {
    this.timer = undefined;
    this.become('connecting');
    const socket = new WebSocket(this.url);
    this.socket = socket;
    socket.onopen = () => {
      const shown = token();
      if (shown !== undefined) socket.send(JSON.stringify({ token: shown }));
      this.become('open');
      for (const subscription of this.subscriptions.values()) this.sendInterest(subscription, 'subscribe');
      for (const topic of this.topics) this.sendTopicInterest(topic, 'subscribe');
    };
    socket.onmessage = ({ data }: MessageEvent<string>) => this.take(this.parse(data) as Frame);
    socket.onclose = ({ code }) => {
      if (this.socket !== socket) return;
      if (code === UNAUTHORIZED) this.refused();
      else this.tryLater();
    };
  }

  /** It is not tried again by itself: who subscribes then has another token. */
  private refused(): void {
    this.socket = undefined;
    this.become('idle');
    accessRefused();
  }

  private tryLater(): void {
    this.socket = undefined;
    this.become('waiting');
    const jitter = 0.75 + Math.random() / 2;
    this.timer = setTimeout(() => this.connect(), this.waitMs * jitter);
    this.waitMs = Math.min(this.waitMs * 2, LONGEST_WAIT_MS);
  }

  private tryNow(): void {
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
    this.become('idle');
  }

  private sendInterest({ request, delivered }: Subscription, interest: 'subscribe' | 'unsubscribe'): void {
    if (this.socket?.readyState !== WebSocket.OPEN) return;
    const { peer_id, msg, start_time, aggregate } = request;
    const aggregated = aggregate && {
      aggregate_type: aggregate.type,
      ...(interest === 'subscribe' && {
        aggregate_interval: aggregate.seconds,
        ...(aggregate.key !== undefined && { aggregate_key: aggregate.key }),
      }),
    };
    const start = interest === 'subscribe' && { start_time: later(start_time, delivered.resume()) };
    this.socket.send(JSON.stringify({ peer_id, msg, interest, ...start, ...aggregated }));
  }

  private sendTopicInterest(
    { name, value, request }: FeedTopic,
    interest: 'subscribe' | 'unsubscribe',
  ): void {
    if (this.socket?.readyState !== WebSocket.OPEN) return;
    const more = interest === 'subscribe' ? request() : {};
    this.socket.send(JSON.stringify({ [name]: value, interest, ...more }));
  }

  private take(frame: Frame): void {
    const { error, peer_message: pair, data = [] } = frame;
    this.waitMs = FIRST_WAIT_MS;
    if (error !== undefined) {
      for (const listener of this.errorListeners) listener(error);
      return;
    }
    for (const { name, value, onFrame } of this.topics) if (frame[name] === value) onFrame(frame);
    if (pair === undefined) return;
    // Aggregates alone have an empty `values`.
    const aggregated = data.some((row) => row.values === '');
    const subscription = this.subscriptions.get(keyOf(pair, aggregated));
    if (subscription === undefined) return;
    const { delivered, onRows } = subscription;
    if (aggregated) delivered.noteTimes(data);
    const rows = aggregated ? data : delivered.fresh(data);
    if (rows.length > 0) onRows(rows);
  }

  private become(state: FeedState): void {
    if (this.current === state) return;
    this.current = state;
    for (const listener of this.stateListeners) listener(state);
  }
}

function keyOf({ peer_id, msg }: Pick<FeedRequest, 'peer_id' | 'msg'>, aggregated: boolean): string {
  return JSON.stringify([peer_id, msg, aggregated]);
}

function later(time: string, other: string | undefined): string {
  return other === undefined || Date.parse(other) <= Date.parse(time) ? time : other;
}
