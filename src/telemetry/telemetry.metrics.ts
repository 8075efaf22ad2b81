import { Injectable } from '@nestjs/common';
import {
  InjectMetric,
  makeCounterProvider,
  makeGaugeProvider,
  makeHistogramProvider,
} from '@willsoto/nestjs-prometheus';
import { Counter, Gauge, Histogram } from 'prom-client';
import type { UpgradeRefusalReason } from './admission.js';
import type { ClockVerdict } from './message/timestamp.js';
import type { ReplaceReason } from './socket/socket-connections.js';

/**
 * `stored`: in the database. `rejected`: cannot be stored; its beginning is stored with a reason. `dropped`: of an id or a
 * node above the limit of its socket. `oversized`: larger than `WS_MAX_PAYLOAD`. `journalled`: in the journal, for the
 * next process. `lost`: only in memory when the process ended, or on a damaged disk.
 */
export type MessageOutcome = 'stored' | 'rejected' | 'dropped' | 'oversized' | 'journalled' | 'lost';

export const telemetryMetricProviders = [
  makeCounterProvider({
    name: 'tetcore_messages_received_total',
    help: 'Frames received from nodes, by path.',
    labelNames: ['path'],
  }),
  makeCounterProvider({
    name: 'tetcore_messages_total',
    help: 'Frames received from nodes, by path and outcome. Each counts once.',
    labelNames: ['path', 'outcome'],
  }),
  makeCounterProvider({
    name: 'tetcore_messages_rejected_total',
    help: 'Messages that could not be stored, by reason.',
    labelNames: ['reason'],
  }),
  makeCounterProvider({
    name: 'tetcore_rejected_messages_not_kept_total',
    help: 'Rejected messages of which nothing was stored, because there were too many at once.',
  }),
  makeCounterProvider({
    name: 'tetcore_message_clock_total',
    help: 'Messages with the time of arrival, because their own was missing, unparsable, past or future.',
    labelNames: ['reason'],
  }),
  makeCounterProvider({
    name: 'tetcore_received_bytes_total',
    help: 'Bytes of the frames received from nodes, by path.',
    labelNames: ['path'],
  }),
  makeGaugeProvider({
    name: 'tetcore_sockets',
    help: 'Open sockets of nodes, by path.',
    labelNames: ['path'],
  }),
  makeCounterProvider({
    name: 'tetcore_sockets_opened_total',
    help: 'Sockets of nodes that were opened, by path.',
    labelNames: ['path'],
  }),
  makeCounterProvider({
    name: 'tetcore_sockets_closed_total',
    help: 'Sockets of nodes that ended, by path and reason.',
    labelNames: ['path', 'reason'],
  }),
  makeCounterProvider({
    name: 'tetcore_upgrades_refused_total',
    help: 'Refused WebSocket handshakes, by HTTP status and reason.',
    labelNames: ['status', 'reason'],
  }),
  makeGaugeProvider({
    name: 'tetcore_connections',
    help: 'Nodes on open sockets.',
  }),
  makeCounterProvider({
    name: 'tetcore_connections_replaced_total',
    help: 'Connections that were replaced on an open socket, by another id or another node, by reason.',
    labelNames: ['reason'],
  }),
  makeGaugeProvider({
    name: 'tetcore_sockets_paused',
    help: '1 while reading from nodes is paused because the queue is full, else 0.',
  }),
  makeHistogramProvider({
    name: 'tetcore_message_clock_lag_seconds',
    help: 'Seconds from the time in a message to its arrival, of one message in 16. Negative values count as 0.',
    buckets: [0.001, 0.01, 0.1, 0.5, 1, 5, 30, 300, 3600, 86400],
  }),
];

/** The lag of one message in so many is observed. */
const LAG_SAMPLE = 16;

/** Counts messages by path and outcome. */
@Injectable()
export class MessageOutcomes {
  constructor(
    @InjectMetric('tetcore_messages_total') private readonly outcomes: Counter,
    @InjectMetric('tetcore_messages_rejected_total') private readonly rejections: Counter,
  ) {}

  count(path: string, outcome: MessageOutcome, messages = 1): void {
    if (messages > 0) this.outcomes.inc({ path, outcome }, messages);
  }

  rejected(path: string, reason: string): void {
    this.count(path, 'rejected');
    this.rejections.inc({ reason });
  }
}

/** Metrics of sockets, frames and connections. */
@Injectable()
export class TelemetryMetrics {
  private readonly frames = new Map<string, { count: number; bytes: number }>();
  private clocksOk = 0;

  constructor(
    @InjectMetric('tetcore_messages_received_total') private readonly received: Counter,
    @InjectMetric('tetcore_received_bytes_total') private readonly bytes: Counter,
    @InjectMetric('tetcore_message_clock_total') private readonly clocks: Counter,
    @InjectMetric('tetcore_message_clock_lag_seconds') private readonly clockLag: Histogram,
    @InjectMetric('tetcore_sockets') private readonly sockets: Gauge,
    @InjectMetric('tetcore_sockets_opened_total') private readonly opened: Counter,
    @InjectMetric('tetcore_sockets_closed_total') private readonly closed: Counter,
    @InjectMetric('tetcore_upgrades_refused_total') private readonly refusals: Counter,
    @InjectMetric('tetcore_connections') private readonly nodes: Gauge,
    @InjectMetric('tetcore_connections_replaced_total') private readonly replaced: Counter,
    @InjectMetric('tetcore_sockets_paused') private readonly paused: Gauge,
    @InjectMetric('tetcore_rejected_messages_not_kept_total') private readonly notKept: Counter,
  ) {
    const flush = (): void => this.flushFrames();
    Object.assign(received, { collect: flush });
    Object.assign(bytes, { collect: flush });
  }

  /** Runs for each frame. Counters of prom-client cost a tenth of a message, so they get sums when they are collected. */
  frame(path: string, bytes: number): void {
    let frames = this.frames.get(path);
    if (frames === undefined) this.frames.set(path, (frames = { count: 0, bytes: 0 }));
    frames.count += 1;
    frames.bytes += bytes;
  }

  clock(clock: ClockVerdict, lagMs: number): void {
    if (clock !== 'ok') {
      this.clocks.inc({ reason: clock });
    } else if ((this.clocksOk += 1) % LAG_SAMPLE === 0) {
      this.clockLag.observe(Math.max(0, lagMs) / 1000);
    }
  }

  socketOpened(path: string): void {
    this.sockets.inc({ path });
    this.opened.inc({ path });
  }

  socketClosed(path: string, reason: string): void {
    this.sockets.dec({ path });
    this.closed.inc({ path, reason });
  }

  nodeAdded(): void {
    this.nodes.inc();
  }

  connectionReplaced(reason: ReplaceReason): void {
    this.nodes.dec();
    this.replaced.inc({ reason });
  }

  nodesEnded(count: number): void {
    this.nodes.dec(count);
  }

  upgradeRefused(status: number, reason: UpgradeRefusalReason): void {
    this.refusals.inc({ status: status.toString(), reason });
  }

  reading(paused: boolean): void {
    this.paused.set(paused ? 1 : 0);
  }

  rejectedNotStored(): void {
    this.notKept.inc();
  }

  private flushFrames(): void {
    for (const [path, { count, bytes }] of this.frames) {
      this.received.inc({ path }, count);
      this.bytes.inc({ path }, bytes);
    }
    this.frames.clear();
  }
}
