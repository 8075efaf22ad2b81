import { Injectable, Logger } from '@nestjs/common';
import { FeedFreshness, FeedOutage, RecentIds } from '../../feed/index.js';
import { IntervalJobs } from '../../platform/async/index.js';
import { Settings } from '../../platform/config/index.js';
import { inMicroseconds, READ_AGAIN_MS } from '../../storage/index.js';
import { NetworkMetrics } from '../network.metrics.js';
import { NetworkView } from './network-view.js';
import { type NetworkChanges, NetworkReadModel, totalIn } from './network.read-model.js';
import type { ReportRow, StatusRow } from './report-row.js';

/** How much later than the interval an update may be before the view is read completely: milliseconds. */
const LATE_MS = 15_000;
/** Maximum number of chains with nodes, */
const MAX_CHAINS = 256;
/** and of chains without nodes that clients wait for: each adds a key to a query. */
const MAX_EMPTY = 4_096;
const FILLS_AT_ONCE = 2;

/** The views of requested chains, each filled from the database at its first request. */
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

  /** Called once per interval, before views are updated. */
  onTick: () => void = () => undefined;

  /** Aborts when the server stops. */
  get signal(): AbortSignal {
    return this.abort.signal;
  }

  stop(): void {
    this.abort.abort(new Error('The server stops.'));
  }

  /** The view of a chain, possibly not filled yet; undefined if there are too many. */
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
   * The filled view of a chain. An empty one, or one above the limit, is not stored.
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

  /** Reads a chain completely. Few chains are read at once; concurrent calls for a chain share one read. */
  fill(view: NetworkView): Promise<NetworkView> {
    const { chain } = view;
    const running = this.filling.get(chain);
    if (running !== undefined) return running;
    const started = this.read(view).finally(() => this.filling.delete(chain));
    this.filling.set(chain, started);
    return started;
  }

  /** The view of a chain if there is an up-to-date one. Does not count as use of the view. */
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

  /** Drops views that have no reader and were not requested for `CACHE_TIMEOUT_S`. */
  dropUnused(): void {
    const limitMs = this.settings.CACHE_TIMEOUT_S * 1000;
    for (const [chain, view] of this.views) {
      if (!view.isRead && performance.now() - view.usedAt >= limitMs) this.views.delete(chain);
    }
  }

  private hasRoom(): boolean {
    const empty = this.all().filter(({ size }) => size === 0).length;
    return empty < MAX_EMPTY && this.views.size - empty < MAX_CHAINS;
  }

  private isCurrent(view: NetworkView): boolean {
    const age = performance.now() - view.readAt;
    return view.isFilled && age < this.settings.CACHE_UPDATE_INTERVAL_MS + LATE_MS;
  }

  /** Few at once, since each uses a connection of the readers' pool. */
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

/** A view that was not updated for longer is read completely instead of updated: milliseconds. */
const CATCH_UP_MS = 60_000;

/** Updates all views with one query per interval, whatever their number. */
@Injectable()
export class NetworkUpdater {
  private readonly outage: FeedOutage;
  private readonly known = new RecentIds();
  private readonly jobs = new IntervalJobs(new Logger('Feed'));

  constructor(
    private readonly settings: Settings,
    private readonly views: NetworkViews,
    private readonly readModel: NetworkReadModel,
    private readonly metrics: NetworkMetrics,
    freshness: FeedFreshness,
  ) {
    this.outage = new FeedOutage('the nodes of chains', freshness);
  }

  start(): void {
    this.jobs.schedule('update chains', this.settings.CACHE_UPDATE_INTERVAL_MS, () => this.tick());
  }

  /** Stops updates. {@link NetworkViews.stop} stops reads for requests. */
  stop(): void {
    this.jobs.stop();
  }

  private async tick(): Promise<void> {
    this.views.dropUnused();
    this.views.onTick();
    const all = this.views.all();
    this.metrics.inMemory(all.length, sum(all.map(({ size }) => size)));
    const idle = all.filter((view) => !this.views.isFilling(view));
    const current = idle.filter(isCurrent);
    for (const view of idle) if (!isCurrent(view)) this.fill(view);
    try {
      if (current.length > 0) await this.update(current);
      if (!this.views.all().some(({ hasFailed }) => hasFailed)) this.outage.succeeded();
    } catch (error) {
      this.failed(error);
    }
  }

  /** Not awaited, so that a slow chain does not delay others. The next tick retries it. */
  private fill(view: NetworkView): void {
    this.views.fill(view).catch((error: unknown) => this.failed(error));
  }

  private failed(error: unknown): void {
    if (!this.jobs.signal.aborted) this.outage.failed(error);
  }

  private async update(views: readonly NetworkView[]): Promise<void> {
    const startedAt = performance.now();
    const generations = new Map(views.map((view) => [view, view.generation]));
    const changes = await this.readModel.changes(
      {
        chains: views.map(({ chain }) => chain),
        known: views.flatMap((view) => view.known()),
        readFrom: Math.min(...views.map(({ stamp }) => stamp)),
        knownIds: [...this.known.ids()],
      },
      this.views.signal,
    );
    // Skips views that were read completely meanwhile: they may be newer. The next update includes them.
    const same = views.filter((view) => view.generation === generations.get(view));
    for (const { id, storedAt } of distribute(changes, same)) this.known.add(id, storedAt);
    // One second more than is read again, because times are rounded.
    this.known.prune(changes.now - inMicroseconds(READ_AGAIN_MS) - 1_000_000);
    this.metrics.updated((performance.now() - startedAt) / 1000);
  }
}

function isCurrent(view: NetworkView): boolean {
  return view.isFilled && performance.now() - view.readAt < CATCH_UP_MS;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** Passes each view the changes of its chain. @returns the reports that belong to a view */
function distribute(
  { connections, gone, reports, statuses, totals, now }: NetworkChanges,
  views: readonly NetworkView[],
): ReportRow[] {
  const parts = new Map(
    views.map((view) => [
      view.chain,
      {
        view,
        connections: connections.filter(({ chain }) => chain === view.chain),
        gone: [...gone],
        reports: [] as ReportRow[],
        statuses: [] as StatusRow[],
        ...totalIn(totals, view.chain),
        now,
      },
    ]),
  );
  const chainOf = new Map(views.flatMap((view) => [...view.ids()].map((id) => [id, view.chain] as const)));
  for (const { id, chain } of connections) {
    const former = chainOf.get(id);
    if (former !== undefined && former !== chain) parts.get(former)?.gone.push(id);
    chainOf.set(id, chain);
  }
  for (const row of reports) parts.get(chainOf.get(row.connection) ?? '')?.reports.push(row);
  for (const row of statuses) parts.get(chainOf.get(row.connection) ?? '')?.statuses.push(row);
  for (const { view, ...changes } of parts.values()) view.update(changes);
  return [...parts.values()].flatMap((part) => part.reports);
}
