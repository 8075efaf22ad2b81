import { Injectable } from '@nestjs/common';
import { Settings } from '../../config/index.js';
import { NetworkView } from './network-view.js';
import { NetworkReadModel } from './network.read-model.js';

/** A view that is this much older than an update makes it is not up to date, and read whole: milliseconds. */
const LATE_MS = 15_000;
/** Chains that are kept up to date at once. */
const MOST = 256;
const FILLS_AT_ONCE = 2;

/** The chains that somebody asks for or subscribes to, each filled from the database when it is asked for first. */
@Injectable()
export class NetworkViews {
  private readonly views = new Map<string, NetworkView>();
  private readonly filling = new Map<NetworkView, Promise<void>>();
  private readonly waiting: (() => void)[] = [];
  private readonly abort = new AbortController();
  private reading = 0;

  constructor(
    private readonly readModel: NetworkReadModel,
    private readonly settings: Settings,
  ) {}

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
      if (this.views.size >= MOST) return undefined;
      this.views.set(chain, (view = new NetworkView(chain)));
    }
    view.usedAt = performance.now();
    return view;
  }

  /**
   * The view of a chain, filled. One that is empty, and one too many, is not kept.
   *
   * @throws see FeedDatabase.transaction
   */
  async filled(chain: string): Promise<NetworkView> {
    const view = this.open(chain) ?? new NetworkView(chain);
    try {
      if (!this.isCurrent(view)) await this.fill(view);
    } finally {
      if (view.size === 0 && !view.isRead && this.views.get(chain) === view) this.views.delete(chain);
    }
    return view;
  }

  private isCurrent(view: NetworkView): boolean {
    const age = performance.now() - view.readAt;
    return view.isFilled && age < this.settings.CACHE_UPDATE_INTERVAL_MS + LATE_MS;
  }

  /** Reads a chain whole. Whoever asks meanwhile waits for the same reading. */
  fill(view: NetworkView): Promise<void> {
    const running = this.filling.get(view);
    if (running !== undefined) return running;
    const started = this.read(view).finally(() => this.filling.delete(view));
    this.filling.set(view, started);
    return started;
  }

  /** Few at once: each takes one of the readers' connections. */
  private async read(view: NetworkView): Promise<void> {
    while (this.reading >= FILLS_AT_ONCE) await new Promise<void>((resolve) => this.waiting.push(resolve));
    this.reading += 1;
    try {
      view.fill(await this.readModel.changes({ chains: [view.chain], known: [] }, this.signal));
    } finally {
      this.reading -= 1;
      this.waiting.shift()?.();
    }
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
}
