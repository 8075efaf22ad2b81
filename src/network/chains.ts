import { Injectable } from '@nestjs/common';
import type { Chain } from './network.dto.js';
import { NetworkReadModel } from './view/network.read-model.js';
import { NetworkViews } from './view/network-views.js';

/** Chains in the list, and how many of them, the largest, come with their blocks. */
const MOST = 1_000;
const WITH_BLOCKS = 32;

/** The chains that connected nodes are on. */
@Injectable()
export class Chains {
  constructor(
    private readonly readModel: NetworkReadModel,
    private readonly views: NetworkViews,
  ) {}

  /** The largest first. @throws see ReadTransaction.run */
  async list(): Promise<Chain[]> {
    const rows = await this.readModel.chains(MOST, this.views.signal);
    const chains: Chain[] = [];
    for (const [at, row] of rows.entries()) {
      const header = at < WITH_BLOCKS ? (await this.views.filled(row.name)).header : undefined;
      chains.push({
        ...row,
        best_height: header?.best_height ?? null,
        best_hash: header?.best_hash ?? null,
        finalized_height: header?.finalized_height ?? null,
        finalized_hash: header?.finalized_hash ?? null,
        average_block_time_ms: header?.average_block_time_ms ?? null,
        last_block_at: header?.last_block_at ?? null,
      });
    }
    return chains;
  }
}
