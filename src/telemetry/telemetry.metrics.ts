import { Injectable } from '@nestjs/common';
import {
  InjectMetric,
  makeCounterProvider,
  makeGaugeProvider,
  makeHistogramProvider,
} from '@willsoto/nestjs-prometheus';
import { Counter, Gauge, Histogram } from 'prom-client';
import type { RefusalReason } from './admission.js';
import type { ClockVerdict } from './message/timestamp.js';
import type { ReplaceReason } from './socket/socket-connections.js';

/**
 * `stored`: in the database. `rejected`: could not be stored, and set aside with a reason. `dropped`: an
 * id or a node more than its socket may have in a time. `oversized`: larger than `WS_MAX_PAYLOAD`. `journalled`: left in the
 * journal for the next process. `lost`: held in memory only when the process had to end, or on a disk that was damaged.
 */
export type MessageOutcome = 'stored' | 'rejected' | 'dropped' | 'oversized' | 'journalled' | 'lost';

export const telemetryMetricProviders = [
  makeCounterProvider({
    name: 'tetcore_messages_received_total',
    help: 'Frames that arrived from nodes, by path.',
    labelNames: ['path'],
  }),
  makeCounterProvider({
    name: 'tetcore_messages_total',
    help: 'Frames that arrived from nodes, by path and by what became of them. Each counts once.',
    labelNames: ['path', 'outcome'],
  }),
  makeCounterProvider({
    name: 'tetcore_messages_rejected_total',
    help: 'Messages that could not be stored, by reason.',
    labelNames: ['reason'],
  }),
  makeCounterProvider({
    name: 'tetcore_rejected_messages_not_kept_total',
    help: 'Rejected messages of which not even the beginning was kept, since too many came at once.',
  }),
  makeCounterProvider({
    name: 'tetcore_message_clock_total',
    help: 'Messages whose time is our own, because theirs was missing, unparsable, past or future.',
    labelNames: ['reason'],
  }),
  makeCounterProvider({
    name: 'tetcore_received_bytes_total',
    help: 'Bytes of the frames that arrived from nodes, by path.',
    labelNames: ['path'],
  }),
  makeGaugeProvider({
    name: 'tetcore_sockets',
    help: 'Node sockets that are open, by path.',
    labelNames: ['path'],
  }),
  makeCounterProvider({
    name: 'tetcore_sockets_opened_total',
    help: 'Node sockets that were ever opened, by path.',
    labelNames: ['path'],
  }),
  makeCounterProvider({
    name: 'tetcore_sockets_closed_total',
    help: 'Node sockets that ended, by path and reason.',
    labelNames: ['path', 'reason'],
  }),
  makeCounterProvider({
    name: 'tetcore_upgrades_refused_total',
    help: 'WebSocket handshakes that were refused, by HTTP status and reason.',
    labelNames: ['status', 'reason'],
  }),
  makeGaugeProvider({
    name: 'tetcore_connections',
    help: 'Nodes on the sockets that are open.',
  }),
  makeCounterProvider({
    name: 'tetcore_connections_replaced_total',
    help: 'Connections that ended while their socket stayed open, since another id or another node came, by reason.',
    labelNames: ['reason'],
  }),
  makeGaugeProvider({
    name: 'tetcore_sockets_paused',
    help: '1 while no node is read from because there is no room for more.',
  }),
  makeHistogramProvider({
    name: 'tetcore_message_clock_lag_seconds',
    help: 'From the time in a message to its arrival, of one message in 16. Negative lag counts as 0.',
    buckets: [0.001, 0.01, 0.1, 0.5, 1, 5, 30, 300, 3600, 86400],
  }),
];

/** One message in so many has its lag observed. */
const LAG_SAMPLE = 16;

/** Counts what happens to messages, by path and outcome. */
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

/** Counts what comes over the sockets. */
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

  /** Runs for every frame: prom-client's counters cost a tenth of a message, so they get sums, when they are read. */
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

  /** @param reason the end reason: one of two */
  connectionReplaced(reason: ReplaceReason): void {
    this.nodes.dec();
    this.replaced.inc({ reason });
  }

  nodesEnded(count: number): void {
    this.nodes.dec(count);
  }

  upgradeRefused(status: number, reason: RefusalReason): void {
    this.refusals.inc({ status: status.toString(), reason });
  }

  reading(paused: boolean): void {
    this.paused.set(paused ? 1 : 0);
  }

  rejectedNotKept(): void {
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
