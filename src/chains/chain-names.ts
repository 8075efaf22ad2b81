import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import {
  chainKeyIn,
  chainKeyOf,
  chainKeySql,
  deferredRows,
  genesisHashOf,
  ReadTransaction,
} from '../storage/index.js';
import { AmbiguousChainError, type ChainChoice } from './chain-request.js';

/** Maximum number of chains of one name in a response. */
const MAX_CHOICES = 100;

/** Chains of open connections, by their index. */
const OPEN = `
  SELECT chain AS name, ${chainKeySql()} AS key, count(DISTINCT coalesce(peer_id, id::text))::integer AS node_count
    FROM peer_connections WHERE ended_at IS NULL AND chain = ANY ($1::text[])
   GROUP BY chain, ${chainKeySql()} ORDER BY name, node_count DESC, key`;

/** Chains of all times, from the registry, and from recently ended connections, which it may not contain yet. */
const EVER = `
  SELECT $1::text AS name, key, 0 AS node_count FROM chains WHERE $1::text = ANY (names)
   UNION
  SELECT $1::text, ${chainKeySql()}, 0 FROM peer_connections
   WHERE chain = $1::text AND ended_at > now() - interval '10 min'
   ORDER BY key LIMIT ${MAX_CHOICES.toString()}`;

/** Chains of the last 20 minutes. The registry is up to five minutes behind. */
const RECENT = `
  SELECT wanted AS name, key, 0 AS node_count FROM unnest($1::text[]) AS wanted JOIN chains ON wanted = ANY (names)
   WHERE last_seen_at > now() - interval '20 min'
   UNION
  SELECT chain, ${chainKeySql()}, 0 FROM peer_connections
   WHERE ended_at > now() - interval '20 min' AND chain = ANY ($1::text[])`;

/** A name, and a chain with this name. */
export interface ChainName {
  name: string;
  key: string;
  node_count: number;
}

/** Resolves the chain in a request to its key: see `chainKeyOf`. */
@Injectable()
export class ChainNames {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * @param chain a genesis hash, `name:NAME`, or the name of a chain. A name is looked up among open connections first,
   * then among all known chains
   * @returns the key; undefined if no chain has this name
   * @throws AmbiguousChainError if several chains have it; see also ReadTransaction.run
   */
  async resolve(chain: string, signal?: AbortSignal): Promise<string | undefined> {
    const key = chainKeyIn(chain);
    if (key !== undefined) return key;
    const read = async (transaction: ReadTransaction): Promise<ChainName[]> => {
      const open = await transaction.query<ChainName>(OPEN, [[chain]]);
      return open.length > 0 ? open : await transaction.query<ChainName>(EVER, [chain]);
    };
    const found = await ReadTransaction.run(this.dataSource, read, { ...(signal && { signal }) });
    if (found.length > 1) throw new AmbiguousChainError(chain, choicesOf(found));
    return found[0]?.key;
  }

  /** The same for an optional parameter. An unknown name is a chain without nodes. */
  async resolveOptional(chain: string | undefined, signal?: AbortSignal): Promise<string | undefined> {
    if (chain === undefined) return undefined;
    return (await this.resolve(chain, signal)) ?? chainKeyOf({ genesisHash: null, chain }) ?? undefined;
  }

  /**
   * The rows of a chain. Its name is resolved when the first row is read, and so within the limits of a response.
   *
   * @param rows by the key of the chain
   * @returns rows that fail as `resolve` does, and as they do themselves
   */
  rowsOf<T>(
    chain: string | undefined,
    rows: (key: string | undefined) => AsyncIterable<T>,
  ): AsyncIterable<T> {
    const key = chain === undefined ? undefined : chainKeyIn(chain);
    // No row passes through another iterator if there is nothing to look up.
    if (chain === undefined || key !== undefined) return rows(key);
    return deferredRows(async (signal) => rows(await this.resolveOptional(chain, signal)));
  }

  /**
   * The chains of connected nodes with these names, sorted by number of nodes, descending.
   *
   * @returns the chains, and the time of the database: microseconds since the epoch
   * @throws see ReadTransaction.run
   */
  async connected(
    names: readonly string[],
    signal: AbortSignal,
  ): Promise<{ chains: ChainName[]; now: number }> {
    return await ReadTransaction.run(
      this.dataSource,
      async (transaction) => ({
        chains: await transaction.query<ChainName>(OPEN, [names]),
        now: transaction.now,
      }),
      { signal },
    );
  }

  /**
   * The chains that had these names in the last 20 minutes, possibly without those of connected nodes.
   *
   * @throws see ReadTransaction.run
   */
  async recent(names: readonly string[], signal: AbortSignal): Promise<ChainName[]> {
    const read = (transaction: ReadTransaction): Promise<ChainName[]> =>
      transaction.query<ChainName>(RECENT, [names]);
    return await ReadTransaction.run(this.dataSource, read, { signal });
  }
}

/** The choices in an error. */
export function choicesOf(chains: readonly ChainName[]): ChainChoice[] {
  return chains
    .slice(0, MAX_CHOICES)
    .map(({ name, key, node_count }) => ({ genesis_hash: genesisHashOf(key), name, node_count }));
}
