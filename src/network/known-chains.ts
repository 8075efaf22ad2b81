import { Injectable } from '@nestjs/common';
import { genesisHashOf, ReadTransaction, timeText } from '../storage/index.js';
import { DataSource } from 'typeorm';
import { Chains } from './chains.js';
import type { KnownChain } from './known-chains.dto.js';
import type { Chain } from './network.dto.js';
import { NetworkViews } from './view/network-views.js';

/** The heights are those of the last minute that has them. */
const KNOWN = `
  SELECT key, chains.name, chains.names, ${timeText('first_seen_at')} AS first_seen_at, ${timeText('last_seen_at')} AS last_seen_at,
         best.height::float8 AS best_height, finalized.height::float8 AS finalized_height
    FROM chains
    LEFT JOIN LATERAL (SELECT best AS height FROM insight_minutes
                        WHERE chain_id = chains.id AND best IS NOT NULL ORDER BY minute DESC LIMIT 1) AS best ON true
    LEFT JOIN LATERAL (SELECT finalized AS height FROM insight_minutes
                        WHERE chain_id = chains.id AND finalized IS NOT NULL ORDER BY minute DESC LIMIT 1) AS finalized ON true
   ORDER BY key = ANY ($1::text[]) DESC, chains.last_seen_at DESC, key LIMIT $2`;

interface KnownRow {
  key: string;
  name: string | null;
  names: string[];
  first_seen_at: string | null;
  last_seen_at: string | null;
  best_height: number | null;
  finalized_height: number | null;
}

/** All chains of the registry, with the present state of those that have connected nodes. */
@Injectable()
export class KnownChains {
  constructor(
    private readonly dataSource: DataSource,
    private readonly chains: Chains,
    private readonly views: NetworkViews,
  ) {}

  /** Largest first, then the last seen. @throws see ReadTransaction.run */
  async list(limit: number): Promise<KnownChain[]> {
    const connected = new Map((await this.chains.list()).map((chain) => [chain.network, chain]));
    const rows = await ReadTransaction.run(
      this.dataSource,
      (transaction) => transaction.query<KnownRow>(KNOWN, [[...connected.keys()], limit]),
      { signal: this.views.signal },
    );
    const known = new Map(rows.map((row) => [row.key, row]));
    // The registry has a new chain within half a minute.
    const current = [...connected.values()].map((chain) =>
      answerOf(known.get(chain.network) ?? newRow(chain), chain),
    );
    const others = rows.filter(({ key }) => !connected.has(key)).map((row) => answerOf(row));
    return [...current, ...others].slice(0, limit);
  }
}

function newRow({ network: key, name }: Chain): KnownRow {
  return {
    key,
    name,
    names: [],
    first_seen_at: null,
    last_seen_at: null,
    best_height: null,
    finalized_height: null,
  };
}

function answerOf(row: KnownRow, connected?: Chain): KnownChain {
  const name = connected?.name ?? row.name;
  return {
    network: row.key,
    genesis_hash: genesisHashOf(row.key),
    name,
    other_names: row.names.filter((other) => other !== name),
    node_count: connected?.node_count ?? 0,
    validator_count: connected?.validator_count ?? 0,
    best_height: connected?.best_height ?? row.best_height,
    finalized_height: connected?.finalized_height ?? row.finalized_height,
    first_seen_at: row.first_seen_at,
    last_seen_at: row.last_seen_at,
  };
}
