import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Settings } from '../../config/index.js';
import { FeedOutage, KnownIds, poll, READ_AGAIN_US } from '../../feed/index.js';
import type { NetworkView } from './network-view.js';
import { NetworkViews } from './network-views.js';
import { type NetworkChanges, NetworkReadModel } from './network.read-model.js';

/** What has not been read for longer is read whole rather than brought up to date: milliseconds. */
const CATCH_UP_MS = 60_000;

/** Keeps all views up to date: one question to the database an interval, however many there are. */
@Injectable()
export class NetworkUpdater implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly outage = new FeedOutage();
  private readonly known = new KnownIds();

  constructor(
    private readonly settings: Settings,
    private readonly views: NetworkViews,
    private readonly readModel: NetworkReadModel,
  ) {}

  onApplicationBootstrap(): void {
    poll(this.settings.CACHE_UPDATE_INTERVAL_MS, () => this.tick(), this.views.signal);
  }

  beforeApplicationShutdown(): void {
    this.views.stop();
  }

  private async tick(): Promise<void> {
    this.views.dropUnused();
    const isCurrent = (view: NetworkView): boolean =>
      view.isFilled && performance.now() - view.readAt < CATCH_UP_MS;
    const [current, others] = [
      this.views.all().filter(isCurrent),
      this.views.all().filter((view) => !isCurrent(view)),
    ];
    if (current.length + others.length === 0) return;
    try {
      if (current.length > 0) await this.update(current);
      for (const view of others) await this.views.fill(view);
      this.outage.succeeded();
    } catch (error) {
      if (!this.views.signal.aborted) this.outage.failed(error);
    }
  }

  private async update(views: readonly NetworkView[]): Promise<void> {
    const oldest = Math.min(...views.map(({ stamp }) => stamp));
    const changes = await this.readModel.changes(
      {
        chains: views.map(({ chain }) => chain),
        known: views.flatMap((view) => view.revisions()),
        readFrom: oldest,
        knownIds: [...this.known.ids()],
      },
      this.views.signal,
    );
    for (const { id, storedAt } of changes.reports) this.known.add(id, storedAt);
    // A little more than is read again: a time that was rounded must not make a row new.
    this.known.prune(changes.now - READ_AGAIN_US - 1_000_000);
    share(changes, views);
  }
}

/** Gives each view what is of its chain. */
function share({ connections, gone, reports, now }: NetworkChanges, views: readonly NetworkView[]): void {
  const parts = new Map(
    views.map((view) => [
      view.chain,
      {
        view,
        connections: connections.filter(({ chain }) => chain === view.chain),
        gone: [...gone],
        reports: [] as typeof reports,
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
}
