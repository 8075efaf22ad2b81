import { Injectable } from '@nestjs/common';
import { InjectMetric, makeCounterProvider, makeGaugeProvider } from '@willsoto/nestjs-prometheus';
import { Counter, Gauge } from 'prom-client';
import type { HeldBytes, MemoryHolder } from './socket-memory.js';

export const socketMemoryMetricProviders = [
  makeGaugeProvider({
    name: 'tetcore_sockets_held_bytes',
    help: 'Approximate memory in use for sockets of nodes, of the feed and of HTTP, in bytes, by kind.',
    labelNames: ['kind'],
  }),
  makeGaugeProvider({
    name: 'tetcore_sockets_held_max_bytes',
    help: 'The bound of what sockets may hold in memory, in bytes: SOCKETS_MAX_MIB.',
  }),
  makeCounterProvider({
    name: 'tetcore_sockets_evicted_total',
    help: 'Sockets that were closed because they held most when all held too much, by kind of socket.',
    labelNames: ['socket'],
  }),
];

@Injectable()
export class SocketMemoryMetrics {
  constructor(
    @InjectMetric('tetcore_sockets_held_bytes') private readonly bytes: Gauge,
    @InjectMetric('tetcore_sockets_held_max_bytes') private readonly max: Gauge,
    @InjectMetric('tetcore_sockets_evicted_total') private readonly evictions: Counter,
  ) {}

  bound(bytes: number): void {
    this.max.set(bytes);
  }

  held(bytes: HeldBytes): void {
    for (const [kind, value] of Object.entries(bytes)) this.bytes.set({ kind }, value as number);
  }

  evicted(socket: MemoryHolder['holderKind']): void {
    this.evictions.inc({ socket });
  }
}
