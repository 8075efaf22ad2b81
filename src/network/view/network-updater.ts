import { Injectable, Logger } from '@nestjs/common';
import { IntervalJobs } from '../../platform/async/index.js';
import { Settings } from '../../platform/config/index.js';
import { FeedFreshness, FeedOutage, KnownIds } from '../../feed/index.js';
import { inMicroseconds, READ_AGAIN_MS } from '../../storage/index.js';
import { NetworkMetrics } from '../network.metrics.js';
import type { NetworkView } from './network-view.js';
import { NetworkViews } from './network-views.js';
import { type NetworkChanges, NetworkReadModel, totalIn } from './network.read-model.js';
import type { ReportRow } from './report-row.js';

/** What has not been read for longer is read whole rather than brought up to date: milliseconds. */
const CATCH_UP_MS = 60_000;

/** Keeps all views up to date: one question to the database an interval, however many there are. */
@Injectable()
export class NetworkUpdater {
  private readonly outage: FeedOutage;
  private readonly known = new KnownIds();
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
    this.jobs.every(this.settings.CACHE_UPDATE_INTERVAL_MS, () => this.tick());
  }

  /** Views are still read for whoever asks: {@link NetworkViews.stop} ends that. */
  stop(): void {
    this.jobs.stop();
  }

  private async tick(): Promise<void> {
    this.views.dropUnused();
    this.views.onTick();
    const all = this.views.all();
    this.metrics.kept(all.length, sum(all.map(({ size }) => size)));
    const settled = all.filter((view) => !this.views.isFilling(view));
    const current = settled.filter(isCurrent);
    for (const view of settled) if (!isCurrent(view)) this.fill(view);
    try {
      if (current.length > 0) await this.update(current);
      if (!this.views.all().some(({ hasFailed }) => hasFailed)) this.outage.succeeded();
    } catch (error) {
      this.failed(error);
    }
  }

  /** Not waited for: a chain that is slow to read holds up no other. The next tick tries again. */
  private fill(view: NetworkView): void {
    this.views.fill(view).catch((error: unknown) => this.failed(error));
  }

  private failed(error: unknown): void {
    if (!this.jobs.signal.aborted) this.outage.failed(error);
  }

  private async update(views: readonly NetworkView[]): Promise<void> {
    const startedAt = performance.now();
    const asked = new Map(views.map((view) => [view, view.generation]));
    const changes = await this.readModel.changes(
      {
        chains: views.map(({ chain }) => chain),
        known: views.flatMap((view) => view.known()),
        readFrom: Math.min(...views.map(({ stamp }) => stamp)),
        knownIds: [...this.known.ids()],
      },
      this.views.signal,
    );
    // One that was read whole meanwhile may be ahead of this, or behind it: the next update is for it.
    const same = views.filter((view) => view.generation === asked.get(view));
    for (const { id, storedAt } of share(changes, same)) this.known.add(id, storedAt);
    // A little more than is read again: a time that was rounded must not make a row new.
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

/** Gives each view what is of its chain. @returns the reports that were of one */
function share(
  { connections, gone, reports, totals, now }: NetworkChanges,
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
  for (const { view, ...changes } of parts.values()) view.update(changes);
  return [...parts.values()].flatMap((part) => part.reports);
}
