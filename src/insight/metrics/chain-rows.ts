import { microsecondsOf, type ReadTransaction } from '../../storage/index.js';
import { rivalBlocks, type RivalRow } from '../forks/index.js';
import { timeSql } from '../tables/columns.js';

/** A chain with nodes in the last hour. */
export interface ChainRow {
  id: number;
  key: string;
  name: string | null;
}

/** Of `insight_minutes`. Times are microseconds since the epoch, durations milliseconds. */
export interface MinuteRow {
  chain: number;
  minute: number;
  nodes: number;
  heights: number;
  lagP50: number | null;
  lagP90: number | null;
  blockTimeP50Ms: number | null;
  timeToFinalityP50Ms: number | null;
  propagationP90Ms: number | null;
  peerBands: number[] | null;
}

/** Of `insight_hours`. */
export interface HourRow {
  chain: number;
  hour: number;
  heights: number;
  orphans: number;
  blockTimeP50Ms: number | null;
  /** Where the hour of the day is that of now; otherwise null. */
  bins: number[] | null;
  expectedArrivals: number;
}

export interface CountRow {
  chain: number;
  count: number;
}

export interface VersionRow extends CountRow {
  version: string | null;
  authority: boolean;
}

export interface ClockRow {
  chain: number;
  over500Ms: number;
  overThird: number | null;
}

/** When the highest block was first seen. */
export interface BestRow {
  chain: number;
  at: number;
}

export interface ChurnRow {
  chain: number;
  ended: number;
  nodes: number;
}

/** Up to when messages are aggregated: microseconds since the epoch; undefined before the first pass. */
export async function aggregatedUntil(transaction: ReadTransaction): Promise<number | undefined> {
  const [state] = await transaction.query<{ at: number }>(
    `SELECT ${microsecondsOf('stored_until')} AS at FROM insight_state`,
  );
  return state?.at;
}

/** More chains than have metrics: those of the settings are preferred. */
const MAX_CHAINS = 1_000;
/** Blocks of a chain that did not win: more than an hour has. */
const MAX_RIVALS = 1_000;

/** Those with most nodes first. */
export async function chainRows(transaction: ReadTransaction, from: number, to: number): Promise<ChainRow[]> {
  return await transaction.query<ChainRow>(
    `SELECT id, key, name
       FROM (SELECT chain_id, max(nodes) AS nodes FROM insight_minutes
              WHERE minute >= ${timeSql('$1')} AND minute < ${timeSql('$2')} GROUP BY chain_id) AS recent
       JOIN chains ON id = chain_id
      ORDER BY nodes DESC, id LIMIT ${MAX_CHAINS.toString()}`,
    [from, to],
  );
}

/** Reads what the metrics of some chains need. `at` is the time up to which messages are aggregated. */
export class ChainTables {
  constructor(
    private readonly transaction: ReadTransaction,
    private readonly chains: readonly number[],
    private readonly at: number,
  ) {}

  /** Ascending. */
  async minutes(from: number, to: number): Promise<MinuteRow[]> {
    return await this.query<MinuteRow>(
      `SELECT chain_id AS chain, ${microsecondsOf('minute')} AS minute, nodes, heights, lag_p50 AS "lagP50",
              lag_p90 AS "lagP90", block_time_p50_ms AS "blockTimeP50Ms",
              time_to_finality_p50_ms AS "timeToFinalityP50Ms", propagation_p90_ms AS "propagationP90Ms",
              peer_bands AS "peerBands"
         FROM insight_minutes
        WHERE chain_id = ANY ($1) AND minute >= ${timeSql('$2')} AND minute < ${timeSql('$3')} ORDER BY minute`,
      from,
      to,
    );
  }

  /** Ascending. */
  async hours(from: number, to: number): Promise<HourRow[]> {
    return await this.query<HourRow>(
      `SELECT chain_id AS chain, ${microsecondsOf('hour')} AS hour, heights, orphans,
              block_time_p50_ms AS "blockTimeP50Ms", expected_arrivals::float8 AS "expectedArrivals",
              CASE WHEN extract(hour FROM hour AT TIME ZONE 'UTC') = extract(hour FROM ${timeSql('$4')} AT TIME ZONE 'UTC')
                   THEN bins::float8[] END AS bins
         FROM insight_hours
        WHERE chain_id = ANY ($1) AND hour >= ${timeSql('$2')} AND hour < ${timeSql('$3')} ORDER BY hour`,
      from,
      to,
      this.at,
    );
  }

  /** The highest block since a time, or else the last one. By the primary key, and by the index of chain and time. */
  async best(from: number): Promise<BestRow[]> {
    const rows = await this.query<{ chain: number; at: number | null }>(
      `SELECT chain, ${microsecondsOf(`coalesce(
                (SELECT first_seen_at FROM insight_blocks WHERE chain_id = chain AND first_seen_at >= ${timeSql('$2')}
                  ORDER BY height DESC, first_seen_at LIMIT 1),
                (SELECT max(first_seen_at) FROM insight_blocks WHERE chain_id = chain))`)} AS at
         FROM unnest($1::integer[]) AS chain`,
      from,
    );
    return rows.filter((row): row is BestRow => row.at !== null);
  }

  async openSpans(): Promise<(CountRow & { kind: string })[]> {
    return await this.query(
      `SELECT chain_id AS chain, kind, count(*)::integer AS count FROM insight_spans
        WHERE chain_id = ANY ($1) AND ended_at IS NULL GROUP BY 1, 2`,
    );
  }

  /** Nodes that are connected, by the version of their last session. By the index of open sessions. */
  async versions(): Promise<VersionRow[]> {
    return await this.query<VersionRow>(
      `SELECT chain_id AS chain, version, authority, count(*)::integer AS count
         FROM (SELECT DISTINCT ON (node_id) chain_id, version, authority IS TRUE AS authority FROM insight_sessions
                WHERE ended_at IS NULL AND chain_id = ANY ($1)
                ORDER BY node_id, began_at DESC, connection_id DESC) AS nodes
        GROUP BY 1, 2, 3`,
    );
  }

  /** Nodes whose clock was wrong in an hour. @param thirds of a slot in microseconds, by chain; null if not known */
  async wrongClocks(hour: number, thirds: readonly (number | null)[]): Promise<ClockRow[]> {
    return await this.query<ClockRow>(
      `SELECT chain, count(*) FILTER (WHERE abs(clock_offset_us) > 500000)::integer AS "over500Ms",
              CASE WHEN third IS NOT NULL
                   THEN (count(*) FILTER (WHERE abs(clock_offset_us) > third))::integer END AS "overThird"
         FROM unnest($1::integer[], $3::float8[]) AS one (chain, third)
         JOIN insight_node_hours ON chain_id = chain AND hour = ${timeSql('$2')}
        WHERE minutes >= 30 AND clock_offset_us IS NOT NULL GROUP BY chain, third`,
      hour,
      thirds,
    );
  }

  /** Nodes with a session after a time, and those whose session ended since then, other than by a server. */
  async churn(from: number): Promise<ChurnRow[]> {
    return await this.query<ChurnRow>(
      `SELECT chain_id AS chain, count(DISTINCT node_id)::integer AS nodes,
              count(DISTINCT node_id) FILTER (
                WHERE ended_at IS NOT NULL AND coalesce(end_cause, '') NOT IN ('observer', 'handed_over'))::integer AS ended
         FROM insight_sessions
        WHERE chain_id = ANY ($1) AND coalesce(ended_at, 'infinity'::timestamptz) > ${timeSql('$2')} GROUP BY 1`,
      from,
    );
  }

  /** Nodes that had a session after a time, and have none now. */
  async offline(from: number): Promise<CountRow[]> {
    return await this.query<CountRow>(
      `SELECT chain, count(*)::integer AS count
         FROM (SELECT chain_id AS chain FROM insight_sessions
                WHERE chain_id = ANY ($1) AND coalesce(ended_at, 'infinity'::timestamptz) > ${timeSql('$2')}
                GROUP BY chain_id, node_id HAVING bool_and(ended_at IS NOT NULL)) AS nodes
        GROUP BY 1`,
      from,
    );
  }

  /** The blocks of heights that have several, first seen after a time: see `rivalBlocks`. */
  async rivals(from: number): Promise<RivalRow[]> {
    return await rivalBlocks(this.transaction, this.chains, { from, to: this.at, limit: MAX_RIVALS });
  }

  /** Nodes with so many restarts since a time. */
  async restarting(from: number, restarts: number): Promise<CountRow[]> {
    return await this.query<CountRow>(
      `SELECT chain, count(*)::integer AS count
         FROM (SELECT chain_id AS chain FROM insight_sessions
                WHERE restarted AND chain_id = ANY ($1) AND ended_at > ${timeSql('$2')}
                GROUP BY chain_id, node_id HAVING count(*) >= $3) AS nodes
        GROUP BY 1`,
      from,
      restarts,
    );
  }

  private async query<Row extends object>(sql: string, ...parameters: unknown[]): Promise<Row[]> {
    return await this.transaction.query<Row>(sql, [this.chains, ...parameters]);
  }
}
