import { Injectable, Logger } from '@nestjs/common';
import { InjectDataSource, InjectRepository } from '@nestjs/typeorm';
import { DataSource, type Repository } from 'typeorm';
import { Fork } from './fork.entity.js';
import { ForkMetrics } from './fork.metrics.js';
import type { ReportedBlock } from './reported-block.js';
import { Webhook } from './webhook.js';

/** Maximum number of recorded blocks in memory, which avoid a write for each report of the same block. */
const MAX_RECORDED = 10_000;

const RECORD = `
  INSERT INTO fork_watch_blocks (chain_key, kind, height, hash, chain, peer_id)
  SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[])
  ON CONFLICT DO NOTHING`;

/** Servers may receive different blocks of a fork. The server that writes last finds both; ON CONFLICT lets one report it. */
const FIND = `
  INSERT INTO fork_watch_forks (chain_key, kind, height, chain, hashes)
  SELECT chain_key, kind, height, min(chain), array_agg(hash ORDER BY seen_at, hash)
  FROM fork_watch_blocks
  WHERE (chain_key, kind, height) IN (SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[]))
  GROUP BY chain_key, kind, height
  HAVING count(*) > 1
  ORDER BY chain_key, kind, height
  ON CONFLICT DO NOTHING
  RETURNING id, found_at AS "foundAt", chain_key AS "chainKey", chain, kind, height, hashes`;

/** Records reported blocks, and reports heights with several blocks. */
@Injectable()
export class ForkWatch {
  private readonly logger = new Logger(ForkWatch.name);
  private readonly recorded = new Set<string>();

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @InjectRepository(Fork) private readonly forks: Repository<Fork>,
    private readonly webhook: Webhook,
    private readonly metrics: ForkMetrics,
  ) {}

  async see(reported: readonly ReportedBlock[]): Promise<void> {
    const blocks = new Map(reported.map((block) => [keyOf(block), block]));
    for (const key of blocks.keys()) if (this.recorded.has(key)) blocks.delete(key);
    if (blocks.size === 0) return;
    // In the same order on all servers, to avoid deadlocks.
    const added = [...blocks].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, block]) => block);
    const columns = (['chainKey', 'kind', 'height', 'hash', 'chain', 'peerId'] as const).map((column) =>
      added.map((block) => block[column]),
    );
    await this.dataSource.query(RECORD, columns);
    for (const fork of await this.dataSource.query<Fork[]>(FIND, columns.slice(0, 3))) this.report(fork);
    this.remember(blocks.keys());
  }

  /** The latest forks, newest first. */
  latest(limit: number): Promise<Fork[]> {
    return this.forks.find({ order: { id: 'DESC' }, take: limit });
  }

  private report(fork: Fork): void {
    const { chainKey, kind, height, hashes } = fork;
    const chain = fork.chain ?? chainKey;
    this.logger.warn(`${chain}: ${hashes.length.toString()} ${kind} blocks of the height ${height}.`);
    this.metrics.found(kind);
    this.webhook.post(fork);
  }

  private remember(keys: Iterable<string>): void {
    for (const key of keys) this.recorded.add(key);
    for (const oldest of this.recorded) {
      if (this.recorded.size <= MAX_RECORDED) return;
      this.recorded.delete(oldest);
    }
  }
}

function keyOf({ chainKey, kind, height, hash }: ReportedBlock): string {
  return [chainKey, kind, height, hash].join('\n');
}
