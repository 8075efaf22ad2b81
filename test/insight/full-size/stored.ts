import type pg from 'pg';
import { onDatabase } from '../../support/on-database.js';

/** A time as milliseconds since the epoch, in SQL. */
const ms = (column: string): string => `round(extract(epoch FROM ${column}) * 1000, 3)::float8`;
const hash = (column: string): string => `'0x' || encode(${column}, 'hex')`;

export interface StoredBlock {
  height: number;
  hash: string;
  firstSeenAt: number;
  expected: number;
  arrived: number;
  p50: number | null;
  p90: number | null;
  canonical: boolean | null;
  inferred: boolean | null;
}

export interface StoredSpan {
  kind: string;
  began: number;
  ended: number | null;
}

export interface StoredSession {
  peerId: string;
  began: number;
  ended: number;
  cause: string | null;
  restarted: boolean | null;
}

export interface StoredClock {
  peerId: string;
  hour: number;
  offsetMs: number;
  steps: number;
}

/** What the aggregation has written. Times are milliseconds since the epoch; chains are genesis hashes. */
export class Stored {
  constructor(private readonly url: string) {}

  async query<Row extends pg.QueryResultRow>(sql: string, parameters: unknown[] = []): Promise<Row[]> {
    return await onDatabase(this.url, async (client) => (await client.query<Row>(sql, parameters)).rows);
  }

  /** Minutes before are closed: milliseconds since the epoch; NaN before the first pass. */
  async closedUntil(): Promise<number> {
    const [state] = await this.query<{ at: number }>(`SELECT ${ms('closed_until')} AS at FROM insight_state`);
    return state?.at ?? NaN;
  }

  /** From which address each node connected first. */
  async addresses(): Promise<Map<string, string>> {
    const rows = await this.query<{ peer: string; address: string }>(
      'SELECT DISTINCT ON (peer_id) peer_id AS peer, ip_addr AS address FROM peer_connections ORDER BY peer_id, id',
    );
    return new Map(rows.map(({ peer, address }) => [peer, address]));
  }

  async blocks(chain: string): Promise<StoredBlock[]> {
    return await this.query<StoredBlock>(
      `SELECT height::float8 AS height, ${hash('hash')} AS hash, ${ms('first_seen_at')} AS "firstSeenAt", expected, arrived,
              p50_ms AS p50, p90_ms AS p90, canonical, inferred
         FROM insight_blocks WHERE chain_id = (SELECT id FROM chains WHERE key = $1) ORDER BY height`,
      [chain],
    );
  }

  async minutes(chain: string): Promise<{ minute: number; p50: number | null; p90: number | null }[]> {
    return await this.query(
      `SELECT ${ms('minute')} AS minute, propagation_p50_ms AS p50, propagation_p90_ms AS p90
         FROM insight_minutes WHERE chain_id = (SELECT id FROM chains WHERE key = $1) AND blocks > 0 ORDER BY 1`,
      [chain],
    );
  }

  /** Those of the chain itself. */
  async spans(chain: string): Promise<StoredSpan[]> {
    return await this.query<StoredSpan>(
      `SELECT kind, ${ms('began_at')} AS began, ${ms('ended_at')} AS ended FROM insight_spans
        WHERE chain_id = (SELECT id FROM chains WHERE key = $1) AND node_id = 0 ORDER BY kind, began_at`,
      [chain],
    );
  }

  async sessions(): Promise<StoredSession[]> {
    const rows = await this.query<StoredSession>(
      `SELECT peer_id AS "peerId", ${ms('began_at')} AS began, ${ms('ended_at')} AS ended, end_cause AS cause, restarted
         FROM insight_sessions JOIN nodes ON nodes.id = node_id`,
    );
    return rows.sort((one, other) =>
      one.peerId === other.peerId ? one.began - other.began : one.peerId < other.peerId ? -1 : 1,
    );
  }

  async clocks(): Promise<StoredClock[]> {
    return await this.query<StoredClock>(
      `SELECT peer_id AS "peerId", ${ms('hour')} AS hour, clock_offset_us / 1000.0::float8 AS "offsetMs", clock_steps AS steps
         FROM insight_node_hours JOIN nodes ON nodes.id = node_id ORDER BY hour, peer_id`,
    );
  }
}
