import { Injectable } from '@nestjs/common';
import { type ChainName, ChainNames, choicesOf } from '../../chains/index.js';
import { FeedFreshness, FeedOutage, InvalidRequestError } from '../../feed/index.js';
import { timeOf } from '../../storage/index.js';
import { BlockTimes, headerOf } from '../view/chain-header.js';
import { NetworkViews } from '../view/network-views.js';
import type { NetworkSubscription } from './network-subscription.js';

/** Subscriptions by name without a node, on all sockets: each adds a name to a query. */
const MAX_SUBSCRIPTIONS = 4_096;

/**
 * Subscriptions to chains by name. The chain is looked up when a client subscribes, and again while no node of that name
 * is connected.
 */
@Injectable()
export class NamedChains {
  private readonly subscriptions = new Set<NetworkSubscription>();
  private readonly outage: FeedOutage;
  private isRunning = false;
  private isQueued = false;

  constructor(
    private readonly names: ChainNames,
    private readonly views: NetworkViews,
    freshness: FeedFreshness,
  ) {
    this.outage = new FeedOutage('chain names', freshness);
  }

  /** @throws InvalidRequestError if there are too many */
  add(subscription: NetworkSubscription): void {
    if (this.waiting().length >= MAX_SUBSCRIPTIONS) {
      throw new InvalidRequestError('Too many subscriptions to chains by name.');
    }
    this.subscriptions.add(subscription);
    this.lookUp();
  }

  remove(subscription: NetworkSubscription): void {
    this.subscriptions.delete(subscription);
  }

  /** Looks up the names of chains without nodes, one query at a time. */
  lookUp(): void {
    if (this.isRunning) {
      this.isQueued = true;
      return;
    }
    const waiting = this.waiting();
    if (waiting.length === 0 || this.views.signal.aborted) return;
    this.isRunning = true;
    this.find(waiting)
      .then(() => this.outage.succeeded())
      .catch((error: unknown) => {
        if (!this.views.signal.aborted) this.outage.failed(error);
      })
      .finally(() => {
        this.isRunning = false;
        if (this.isQueued) setImmediate(() => this.lookUp());
        this.isQueued = false;
      });
  }

  /** Subscriptions without a connected node. */
  private waiting(): NetworkSubscription[] {
    return [...this.subscriptions].filter(({ isEmpty }) => isEmpty);
  }

  private async find(waiting: readonly NetworkSubscription[]): Promise<void> {
    const names = [...new Set(waiting.map(({ network }) => network))];
    const { chains, now } = await this.names.connected(names, this.views.signal);
    // The state that a client has may be of another chain that had the name before.
    const continued = waiting.filter(({ continues }) => continues).map(({ network }) => network);
    const recent =
      continued.length === 0 ? [] : await this.names.recent([...new Set(continued)], this.views.signal);
    for (const subscription of waiting) {
      if (!subscription.isOpen) continue;
      this.resolve(
        subscription,
        chains.filter(({ name }) => name === subscription.network),
        recent.filter(({ name }) => name === subscription.network),
        now,
      );
    }
  }

  private resolve(
    subscription: NetworkSubscription,
    chains: readonly ChainName[],
    recent: readonly ChainName[],
    now: number,
  ): void {
    const { network } = subscription;
    const [first, ...others] = chains;
    if (first === undefined) {
      subscription.sendEmpty(emptyState(network, now));
      return;
    }
    if (others.length > 0) {
      const error = 'Several chains have this name. Subscribe by genesis hash, or by name: and the name.';
      subscription.reject(Buffer.from(JSON.stringify({ error, network, chains: choicesOf(chains) })));
      return;
    }
    const view = this.views.open(first.key);
    if (view === undefined) {
      const error = 'Too many chains are subscribed to on this server.';
      subscription.reject(Buffer.from(JSON.stringify({ error, network })));
      return;
    }
    // The next update retries it.
    if (!view.isFilled) this.views.fill(view).catch(() => undefined);
    subscription.attach(
      view,
      recent.some(({ key }) => key !== first.key),
    );
  }
}

/** The complete state of a chain without nodes. */
function emptyState(network: string, now: number): Buffer {
  return Buffer.from(
    JSON.stringify({
      network,
      genesis_hash: null,
      chain: network,
      as_of: timeOf(now),
      complete: true,
      nodes: [],
      gone: [],
      header: headerOf([], new BlockTimes()),
    }),
  );
}
