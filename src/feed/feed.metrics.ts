import { Injectable } from '@nestjs/common';
import {
  InjectMetric,
  makeCounterProvider,
  makeGaugeProvider,
  makeHistogramProvider,
} from '@willsoto/nestjs-prometheus';
import { Counter, Gauge, Histogram } from 'prom-client';

const SECONDS = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 15, 60];

export const feedMetricProviders = [
  makeGaugeProvider({ name: 'tetcore_feed_sockets', help: 'Open sockets of the live feed.' }),
  makeGaugeProvider({
    name: 'tetcore_feed_sockets_waiting',
    help: 'Open sockets of the live feed that have not authenticated yet.',
  }),
  makeCounterProvider({
    name: 'tetcore_feed_sockets_opened_total',
    help: 'Sockets of the live feed that were opened.',
  }),
  makeCounterProvider({
    name: 'tetcore_feed_sockets_closed_total',
    help: 'Sockets of the live feed that were closed, by reason.',
    labelNames: ['reason'],
  }),
  makeCounterProvider({
    name: 'tetcore_feed_handshakes_refused_total',
    help: 'Handshakes that the guard of the live feed refused, by reason.',
    labelNames: ['reason'],
  }),
  makeGaugeProvider({ name: 'tetcore_feed_subscriptions', help: 'Active subscriptions of the live feed.' }),
  makeCounterProvider({
    name: 'tetcore_feed_requests_total',
    help: 'Frames from clients of the live feed, by outcome.',
    labelNames: ['outcome'],
  }),
  makeCounterProvider({
    name: 'tetcore_feed_rows_sent_total',
    help: 'Messages and aggregates sent to subscribers.',
  }),
  makeGaugeProvider({
    name: 'tetcore_feed_cached_pairs',
    help: 'Pairs of peer and message type in the cache of the live feed.',
  }),
  makeGaugeProvider({ name: 'tetcore_feed_cached_rows', help: 'Messages in the cache of the live feed.' }),
  makeGaugeProvider({
    name: 'tetcore_feed_cached_bytes',
    help: 'Approximate memory used by the cache of the live feed, in bytes.',
  }),
  makeGaugeProvider({
    name: 'tetcore_feed_unsent_bytes',
    help: 'Bytes sent to subscribers that they have not read yet.',
  }),
  makeCounterProvider({
    name: 'tetcore_feed_held_back_total',
    help: 'Times that sending was delayed by a limit of all subscribers or of an address, by reason.',
    labelNames: ['reason'],
  }),
  makeCounterProvider({
    name: 'tetcore_feed_evicted_rows_total',
    help: 'Messages evicted from the cache before they expired, because it was full.',
  }),
  makeHistogramProvider({
    name: 'tetcore_feed_update_seconds',
    help: 'Duration of reading new messages of all pairs.',
    buckets: SECONDS,
  }),
  makeHistogramProvider({
    name: 'tetcore_feed_fill_seconds',
    help: 'Duration of reading the history of a pair.',
    buckets: SECONDS,
  }),
  makeCounterProvider({
    name: 'tetcore_feed_failures_total',
    help: 'Updates and fills of the cache that failed and will be retried.',
    labelNames: ['work'],
  }),
];

/**
 * `closed`, `reset`, `protocol_error`: by the client. `timeout`: the client was silent. `slow`: it read nothing of its
 * unsent bytes. `behind`: rows that it had not received were evicted from the cache. `too_many_requests`,
 * `payload_too_large`: it sent too much. `unauthorized`: it sent no valid token, or none in time. `crowded_out`: it was
 * not authenticated when too many others connected. `shutdown`: the server stops.
 */
export type FeedEnd =
  | 'closed'
  | 'reset'
  | 'protocol_error'
  | 'timeout'
  | 'slow'
  | 'behind'
  | 'too_many_requests'
  | 'payload_too_large'
  | 'too_many_fragments'
  | 'message_timeout'
  | 'memory_limit'
  | 'unauthorized'
  | 'crowded_out'
  | 'fault'
  | 'shutdown';

/**
 * `refused`: by the guard. `failed`: the guard threw an error. `timeout`: it did not decide in time. `crowded`: too many
 * handshakes waited for it. `full`: the maximum number of sockets is open.
 */
export type HandshakeRefusal = 'refused' | 'failed' | 'timeout' | 'crowded' | 'full';

export type RequestOutcome = 'accepted' | 'malformed' | 'too_many_subscriptions' | 'unauthorized';

interface FeedGauges {
  cachedPairs: () => number;
  cachedRows: () => number;
  cachedBytes: () => number;
  unsentBytes: () => number;
}

/** Metrics of the feed. */
@Injectable()
export class FeedMetrics {
  private readonly gauges: Partial<FeedGauges> = {};

  constructor(
    @InjectMetric('tetcore_feed_sockets') private readonly sockets: Gauge,
    @InjectMetric('tetcore_feed_sockets_waiting') private readonly waiting: Gauge,
    @InjectMetric('tetcore_feed_sockets_opened_total') private readonly opened: Counter,
    @InjectMetric('tetcore_feed_sockets_closed_total') private readonly closed: Counter,
    @InjectMetric('tetcore_feed_handshakes_refused_total') private readonly handshakes: Counter,
    @InjectMetric('tetcore_feed_subscriptions') private readonly subscriptions: Gauge,
    @InjectMetric('tetcore_feed_requests_total') private readonly requests: Counter,
    @InjectMetric('tetcore_feed_rows_sent_total') private readonly rows: Counter,
    @InjectMetric('tetcore_feed_evicted_rows_total') private readonly evictions: Counter,
    @InjectMetric('tetcore_feed_update_seconds') private readonly updates: Histogram,
    @InjectMetric('tetcore_feed_fill_seconds') private readonly fills: Histogram,
    @InjectMetric('tetcore_feed_failures_total') private readonly failures: Counter,
    @InjectMetric('tetcore_feed_held_back_total') private readonly holds: Counter,
    @InjectMetric('tetcore_feed_unsent_bytes') unsent: Gauge,
    @InjectMetric('tetcore_feed_cached_pairs') pairs: Gauge,
    @InjectMetric('tetcore_feed_cached_rows') cachedRows: Gauge,
    @InjectMetric('tetcore_feed_cached_bytes') cachedBytes: Gauge,
  ) {
    const collected = [
      [pairs, 'cachedPairs'],
      [cachedRows, 'cachedRows'],
      [cachedBytes, 'cachedBytes'],
      [unsent, 'unsentBytes'],
    ] as const;
    for (const [gauge, name] of collected) {
      Object.assign(gauge, { collect: () => gauge.set(this.gauges[name]?.() ?? 0) });
    }
  }

  /** Sets the gauges whenever metrics are collected. */
  watch(gauges: Partial<FeedGauges>): void {
    Object.assign(this.gauges, gauges);
  }

  socketOpened(): void {
    this.sockets.inc();
    this.opened.inc();
  }

  socketClosed(reason: FeedEnd): void {
    this.sockets.dec();
    this.closed.inc({ reason });
  }

  handshakeRefused(reason: HandshakeRefusal): void {
    this.handshakes.inc({ reason });
  }

  /** @param sockets number of unauthenticated sockets */
  socketsWaiting(sockets: number): void {
    this.waiting.set(sockets);
  }

  subscribed(by: number): void {
    this.subscriptions.inc(by);
  }

  requested(outcome: RequestOutcome): void {
    this.requests.inc({ outcome });
  }

  sent(rows: number): void {
    this.rows.inc(rows);
  }

  /** `rate`: bytes per second. `unsent`: unsent bytes. */
  heldBack(reason: 'rate' | 'unsent'): void {
    this.holds.inc({ reason });
  }

  evicted(rows: number): void {
    this.evictions.inc(rows);
  }

  updated(seconds: number): void {
    this.updates.observe(seconds);
  }

  filled(seconds: number): void {
    this.fills.observe(seconds);
  }

  failed(work: 'update' | 'fill'): void {
    this.failures.inc({ work });
  }
}
