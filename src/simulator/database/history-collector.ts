import { PostgresSink } from '../../delivery/index.js';
import {
  CollectorId,
  CollectorRegistry,
  HeldBatches,
  NOTHING_HELD,
  type PartitionManager,
  type WriterPool,
} from '../../storage/index.js';

/** A server takes whoever was not seen for a minute for dead, and ends its connections. */
const SEEN_EVERY_MS = 15_000;

/** A server process that has collected history: a row of `collectors`. */
export class HistoryCollector {
  readonly id = new CollectorId();
  readonly registry: CollectorRegistry;
  readonly sink: PostgresSink;
  /** It has no journal, and the purge of a server removes its ids once it has ended. */
  private readonly held = new HeldBatches();
  private heartbeat: NodeJS.Timeout | undefined;

  constructor(pool: WriterPool, partitions: PartitionManager) {
    this.registry = new CollectorRegistry(pool, this.id, this.held);
    this.sink = new PostgresSink(pool, partitions, this.id);
  }

  /** It is to be in the database already. */
  keepAlive(): void {
    this.heartbeat = setInterval(() => void this.registry.heartbeat().catch(() => undefined), SEEN_EVERY_MS);
  }

  /** It says nothing more, not even that it ends. */
  kill(): void {
    clearInterval(this.heartbeat);
    this.heartbeat = undefined;
  }

  /** It says that it ends, unless it was killed. */
  async stop(): Promise<void> {
    if (this.heartbeat === undefined) return;
    this.kill();
    this.held.watch({ from: () => NOTHING_HELD, count: () => 0 });
    await this.registry.stop();
  }
}
