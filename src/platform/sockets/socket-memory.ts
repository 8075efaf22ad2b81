import { Injectable, Module } from '@nestjs/common';
import { InjectMetric, makeCounterProvider, makeGaugeProvider } from '@willsoto/nestjs-prometheus';
import { Counter, Gauge } from 'prom-client';
import { Settings } from '../config/index.js';

const MIB = 1024 ** 2;
const MEASURE_INTERVAL_MS = 1_000;

/** The share of the limit from which new sockets are refused, and the next measurement evicts. */
const HIGH = 0.9;
/** The share of the limit that is in use after an eviction. */
const LOW = 0.75;

/** Memory of an idle socket: 5.4 kB of heap were measured for a node's. */
export const SOCKET_BYTES = 6_144;

/** The memory of sockets, by use: bytes. */
export interface HeldBytes {
  /** The sockets themselves. */
  sockets: number;
  /** Incomplete messages, requests and headers, and the last chunk of each socket. */
  unfinished: number;
  /** Connections of nodes with their identities; subscriptions of the feed. */
  identities: number;
  /** Data that clients have not read yet. */
  unsent: number;
}

export type HeldKind = keyof HeldBytes;

/** A socket with its memory. */
export interface MemoryHolder {
  readonly holderKind: 'node' | 'feed' | 'http';
  /** Adds the bytes in use now, without {@link SOCKET_BYTES}. */
  addHeld(to: HeldBytes): void;
  /** Closes the socket at once. */
  evict(): void;
}

const socketMemoryMetricProviders = [
  makeGaugeProvider({
    name: 'tetcore_sockets_held_bytes',
    help: 'Approximate memory in use for sockets of nodes, of the feed and of HTTP, in bytes, by kind.',
    labelNames: ['kind'],
  }),
  makeGaugeProvider({
    name: 'tetcore_sockets_held_max_bytes',
    help: 'The limit on the memory of sockets, in bytes: SOCKETS_MAX_MIB.',
  }),
  makeCounterProvider({
    name: 'tetcore_sockets_evicted_total',
    help: 'Sockets that were closed because they used the most memory when the limit was reached, by kind.',
    labelNames: ['socket'],
  }),
];

/** Counts and gauges of the memory of sockets. */
@Injectable()
export class SocketMemoryMetrics {
  constructor(
    @InjectMetric('tetcore_sockets_held_bytes') private readonly bytes: Gauge,
    @InjectMetric('tetcore_sockets_held_max_bytes') private readonly max: Gauge,
    @InjectMetric('tetcore_sockets_evicted_total') private readonly evictions: Counter,
  ) {}

  limit(bytes: number): void {
    this.max.set(bytes);
  }

  held(bytes: HeldBytes): void {
    for (const [kind, value] of Object.entries(bytes)) this.bytes.set({ kind }, value as number);
  }

  evicted(socket: MemoryHolder['holderKind']): void {
    this.evictions.inc({ socket });
  }
}

/**
 * Limits the memory of all sockets to `SOCKETS_MAX_MIB`. It is measured once a second, and at once when the growth that
 * is reported between exceeds the limit. The sockets with the most memory are evicted then: a regular node needs little.
 */
@Injectable()
export class SocketMemory {
  private readonly maxBytes: number;
  private readonly holders = new Set<MemoryHolder>();
  /** The last measurement, and the growth reported since. */
  private total = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    settings: Settings,
    private readonly metrics: SocketMemoryMetrics,
  ) {
    this.maxBytes = settings.SOCKETS_MAX_MIB * MIB;
    metrics.limit(this.maxBytes);
  }

  /** Whether new sockets are to be refused. */
  get isShort(): boolean {
    return this.total >= HIGH * this.maxBytes;
  }

  add(holder: MemoryHolder): void {
    this.holders.add(holder);
    // The timer runs only while there is a socket, so it need not be stopped.
    this.timer ??= setInterval(() => this.measure(), MEASURE_INTERVAL_MS).unref();
    this.grew(SOCKET_BYTES);
  }

  /** Does nothing if it was deleted before. */
  delete(holder: MemoryHolder): void {
    if (!this.holders.delete(holder)) return;
    this.total -= SOCKET_BYTES;
    if (this.holders.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
    this.measure();
  }

  /** To be called when the memory of a socket grows, or shrinks: bytes. */
  grew(bytes: number): void {
    this.total += bytes;
    if (bytes > 0 && this.total > this.maxBytes) this.measure();
  }

  /** Measures the memory, and evicts the sockets with the most where that is too much. */
  measure(): void {
    const held: HeldBytes = {
      sockets: this.holders.size * SOCKET_BYTES,
      unfinished: 0,
      identities: 0,
      unsent: 0,
    };
    const sizes: [MemoryHolder, number][] = [];
    let total = held.sockets;
    for (const holder of this.holders) {
      holder.addHeld(held);
      const sum = held.sockets + held.unfinished + held.identities + held.unsent;
      sizes.push([holder, sum - total + SOCKET_BYTES]);
      total = sum;
    }
    this.total = total;
    if (this.isShort) this.evictLargest(sizes);
    this.metrics.held(held);
  }

  private evictLargest(sizes: [MemoryHolder, number][]): void {
    sizes.sort(([, one], [, other]) => other - one);
    for (const [holder, bytes] of sizes) {
      if (this.total <= LOW * this.maxBytes) return;
      this.holders.delete(holder);
      this.total -= bytes;
      this.metrics.evicted(holder.holderKind);
      holder.evict();
    }
  }
}

@Module({
  providers: [...socketMemoryMetricProviders, SocketMemory, SocketMemoryMetrics],
  exports: [SocketMemory],
})
export class SocketMemoryModule {}
