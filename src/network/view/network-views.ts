import { Injectable } from '@nestjs/common';
import { Settings } from '../../platform/config/index.js';
import { NetworkMetrics } from '../network.metrics.js';
import { NetworkView } from './network-view.js';
import { NetworkReadModel, totalIn } from './network.read-model.js';

/** A view that is this much older than an update makes it is not up to date, and read whole: milliseconds. */
const LATE_MS = 15_000;
/** Chains with nodes that are kept up to date at once, */
const MOST = 256;
/** and chains that somebody waits for, of which no node is connected: each costs a name in a question. */
const MOST_EMPTY = 4_096;
const FILLS_AT_ONCE = 2;

/** The chains that somebody asks for or subscribes to, each filled from the database when it is asked for first. */
@Injectable()
export class NetworkViews {
  private readonly views = new Map<string, NetworkView>();
  private readonly filling = new Map<string, Promise<NetworkView>>();
  private readonly waiting: (() => void)[] = [];
  private readonly abort = new AbortController();
  private reading = 0;

  constructor(
    private readonly readModel: NetworkReadModel,
    private readonly settings: Settings,
    private readonly metrics: NetworkMetrics,
  ) {}

  /** Called once an interval, before views are brought up to date. */
  onTick: () => void = () => undefined;

  /** Aborts when the server stops. */
  get signal(): AbortSignal {
    return this.abort.signal;
  }

  stop(): void {
    this.abort.abort(new Error('The server stops.'));
  }

  /** The view of a chain, which may not be filled yet; undefined where there are too many. */
  open(chain: string): NetworkView | undefined {
    let view = this.views.get(chain);
    if (view === undefined) {
      if (!this.hasRoom()) return undefined;
      this.views.set(chain, (view = new NetworkView(chain)));
    }
    view.usedAt = performance.now();
    return view;
  }

  /**
   * The view of a chain, filled. One that is empty, and one too many, is not kept.
   *
   * @throws see ReadTransaction.run
   */
  async filled(chain: string): Promise<NetworkView> {
    const view = this.open(chain) ?? new NetworkView(chain);
    try {
      return this.isCurrent(view) ? view : await this.fill(view);
    } finally {
      if (view.size === 0 && !view.isRead && this.views.get(chain) === view) this.views.delete(chain);
    }
  }

  /** Reads a chain whole, after at most a few others. Whoever asks meanwhile gets what is read for the first. */
  fill(view: NetworkView): Promise<NetworkView> {
    const { chain } = view;
    const running = this.filling.get(chain);
    if (running !== undefined) return running;
    const started = this.read(view).finally(() => this.filling.delete(chain));
    this.filling.set(chain, started);
    return started;
  }

  /** The view of a chain, where there is one that is up to date. It is not kept for longer because of this. */
  current(chain: string): NetworkView | undefined {
    const view = this.views.get(chain);
    return view !== undefined && this.isCurrent(view) ? view : undefined;
  }

  isFilling({ chain }: NetworkView): boolean {
    return this.filling.has(chain);
  }

  all(): NetworkView[] {
    return [...this.views.values()];
  }

  /** Lets go of those that nobody reads and nobody has asked for in `CACHE_TIMEOUT_S`. */
  dropUnused(): void {
    const limitMs = this.settings.CACHE_TIMEOUT_S * 1000;
    for (const [chain, view] of this.views) {
      if (!view.isRead && performance.now() - view.usedAt >= limitMs) this.views.delete(chain);
    }
  }

  private hasRoom(): boolean {
    const empty = this.all().filter(({ size }) => size === 0).length;
    return empty < MOST_EMPTY && this.views.size - empty < MOST;
  }

  private isCurrent(view: NetworkView): boolean {
    const age = performance.now() - view.readAt;
    return view.isFilled && age < this.settings.CACHE_UPDATE_INTERVAL_MS + LATE_MS;
  }

  /** Few at once: each takes one of the readers' connections. */
  private async read(view: NetworkView): Promise<NetworkView> {
    while (this.reading >= FILLS_AT_ONCE) await new Promise<void>((resolve) => this.waiting.push(resolve));
    this.reading += 1;
    view.hasFailed = true;
    try {
      const changes = await this.readModel.changes({ chains: [view.chain], known: [] }, this.signal);
      view.fill({ ...changes, ...totalIn(changes.totals, view.chain) });
      view.hasFailed = false;
      return view;
    } finally {
      this.metrics.filled(!view.hasFailed);
      this.reading -= 1;
      this.waiting.shift()?.();
    }
  }
}
