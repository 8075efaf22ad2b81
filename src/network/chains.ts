import { Injectable } from '@nestjs/common';
import { genesisHashOf } from '../storage/index.js';
import type { Chain } from './network.dto.js';
import type { Header } from './view/chain-header.js';
import { NetworkView } from './view/network-view.js';
import { NetworkViews } from './view/network-views.js';
import { NetworkReadModel } from './view/network.read-model.js';

/** Chains in the list, and how many of the largest include their blocks. */
const MAX_CHAINS = 1_000;
const WITH_BLOCKS = 32;

/** The chains of connected nodes. The cost of the list does not depend on the number of nodes. */
@Injectable()
export class Chains {
  private running: Promise<Chain[]> | undefined;

  constructor(
    private readonly readModel: NetworkReadModel,
    private readonly views: NetworkViews,
  ) {}

  /** Largest first. Concurrent calls share one read. @throws see ReadTransaction.run */
  list(): Promise<Chain[]> {
    this.running ??= this.read().finally(() => (this.running = undefined));
    return this.running;
  }

  private async read(): Promise<Chain[]> {
    const rows = await this.readModel.chains(MAX_CHAINS, this.views.signal);
    const headers = await this.headers(rows.slice(0, WITH_BLOCKS).map(({ key }) => key));
    return rows.map(({ key, name, node_count, validator_count, status_counts }) => {
      const header = headers.get(key);
      return {
        network: key,
        genesis_hash: genesisHashOf(key),
        name,
        node_count,
        validator_count,
        status_counts,
        best_height: header?.best_height ?? null,
        best_hash: header?.best_hash ?? null,
        finalized_height: header?.finalized_height ?? null,
        finalized_hash: header?.finalized_hash ?? null,
        single_source: header?.single_source ?? false,
        average_block_time_ms: header?.average_block_time_ms ?? null,
        last_block_at: header?.last_block_at ?? null,
      };
    });
  }

  /** From a view that is up to date, otherwise from a sample of the nodes of the chain. */
  private async headers(keys: readonly string[]): Promise<Map<string, Header>> {
    const headers = new Map<string, Header>();
    for (const key of keys) {
      const view = this.views.current(key);
      if (view !== undefined) headers.set(key, view.header);
    }
    const others = keys.filter((key) => !headers.has(key));
    if (others.length === 0) return headers;
    const { connections, reports, now } = await this.readModel.sample(others, this.views.signal);
    const chainOf = new Map(connections.map(({ id, chain }) => [id, chain]));
    for (const key of others) {
      const view = new NetworkView(key);
      view.fill({
        connections: connections.filter(({ chain }) => chain === key),
        gone: [],
        reports: reports.filter(({ connection }) => chainOf.get(connection) === key),
        now,
      });
      headers.set(key, view.header);
    }
    return headers;
  }
}
