import { readdir } from 'node:fs/promises';
import type { Replica } from '../../delivery/servers/replica.js';
import type { Sample } from './sample.js';

const MIB = 1024 ** 2;

interface Counted {
  at: number;
  received: number;
  stored: number;
}

/** Looks at a server from outside, by what it tells and by what the kernel knows of it. */
export class Sampler {
  private before: Counted | undefined;

  /** @param connections how many the server has to its database */
  constructor(
    private readonly replica: Replica,
    private readonly connections: () => number,
  ) {}

  /**
   * @param at_s the time that the sample is to have
   * @throws where the server does not answer in time
   */
  async take(at_s: number): Promise<Sample> {
    const { replica } = this;
    const [metrics, memory, files] = await Promise.all([
      replica.metrics(),
      replica.process.memory(),
      readdir(`/proc/${replica.pid}/fd`),
    ]);
    const mib = (name: string): number => metrics.sum(name) / MIB;
    const rates = this.rates({
      at: performance.now(),
      received: metrics.sum('tetcore_messages_received_total'),
      stored: metrics.sum('tetcore_messages_total', 'outcome="stored"'),
    });
    return {
      at_s,
      rss_mib: memory.now,
      heap_used_mib: mib('nodejs_heap_size_used_bytes'),
      heap_total_mib: mib('nodejs_heap_size_total_bytes'),
      external_mib: mib('nodejs_external_memory_bytes'),
      event_loop_p99_ms: metrics.sum('nodejs_eventloop_lag_p99_seconds') * 1000,
      open_files: files.length,
      handles: metrics.sum('nodejs_active_handles_total'),
      resources: metrics.sum('nodejs_active_resources_total'),
      database_connections: this.connections(),
      queue_batches: metrics.sum('tetcore_queue_batches'),
      journal_mib: mib('tetcore_journal_bytes'),
      node_sockets: metrics.sum('tetcore_sockets'),
      feed_sockets: metrics.sum('tetcore_feed_sockets'),
      feed_cache_mib: mib('tetcore_feed_cached_bytes'),
      ...rates,
    };
  }

  /** Since the look before. */
  private rates(counted: Counted): Pick<Sample, 'received_per_s' | 'stored_per_s'> {
    const before = this.before ?? counted;
    this.before = counted;
    const seconds = Math.max((counted.at - before.at) / 1000, Number.EPSILON);
    return {
      received_per_s: (counted.received - before.received) / seconds,
      stored_per_s: (counted.stored - before.stored) / seconds,
    };
  }
}
