import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Settings } from '../../platform/config/index.js';
import {
  AdaptiveFetchSize,
  inMicroseconds,
  microsecondsOf,
  NEW_MESSAGE_AHEAD_MS,
  NEW_MESSAGE_BEHIND_MS,
  NEWEST_MESSAGE,
  OTHER_TYPE,
  type ReadOptions,
  ReadTransaction,
  timeOf,
  timeText,
  typeCondition,
  typesOf,
} from '../../storage/index.js';
import { FeedLimits } from '../feed-limits.js';
import { ALL_PEERS, type PeerMessage } from '../request/peer-message.js';
import type { Filling } from './cache-entry.js';
import type { StoredRow } from './stored-row.js';

/** Rows of the first fetch, whose lengths are not known, and of any. */
const FIRST_ROWS = 64;
const MAX_ROWS = 5_000;

const columns = (table: string): string => `
  ${table}.id::text AS id, ${microsecondsOf(`${table}.created_at`)} AS "createdAt",
  ${microsecondsOf(`${table}.stored_at`)} AS "storedAt"`;

/** What subscribers get of a message. PostgreSQL writes it, and so keeps every digit. */
const text = (table: string, withPeer: string, peerId: string): string => `
  ((${table}.logs - ARRAY['ts', 'id', 'msg', 'level', 'line'])
   || jsonb_build_object('created_at', ${timeText(`${table}.created_at`)})
   || CASE WHEN ${withPeer} THEN jsonb_build_object('peer_id', ${peerId}) ELSE '{}' END)::text`;

/** By `peer_connections_peer_created_at`; of all peers there is no index. */
const CONNECTIONS = `
  SELECT id::float8 AS id, collector, peer_id FROM peer_connections
   WHERE ($1::text = '${ALL_PEERS}' OR peer_id = $1::text) AND (types IS NULL OR types && $4::smallint[])
     AND ${NEWEST_MESSAGE} >= $2::timestamptz AND oldest_created_at <= $3::timestamptz`;

/**
 * By (`peer_connection_id`, `created_at`, `type`), or the index of rare types, of the partitions of that time. The newest
 * first: not all may fit.
 */
const history = (ofType: string): string => `
  SELECT ${columns('log')}, ${text('log', '$6::boolean', 'connection.peer_id')} AS text
    FROM unnest($1::bigint[], $2::integer[], $3::text[]) AS connection (id, collector, peer_id)
    JOIN tetcore_logs AS log ON log.peer_connection_id = connection.id AND log.collector = connection.collector
   WHERE ${ofType} AND log.created_at >= $4::timestamptz AND log.created_at <= $5::timestamptz
   ORDER BY log.created_at DESC, log.id DESC`;

/**
 * What was stored lately, of all pairs at once: by the BRIN index on `stored_at`, of the partitions that new
 * messages can be in. `type + 0` is hidden from the other indexes, in which the planner would go through all of a
 * type. Lists are looked up by hash, where a join would go by the planner's idea of how much is new.
 */
const NEWS = `
  WITH news AS MATERIALIZED (
    SELECT id, created_at, stored_at, peer_connection_id, collector, msg, logs FROM tetcore_logs
     WHERE stored_at > $1::timestamptz AND created_at >= $2::timestamptz AND created_at <= $3::timestamptz
       AND type + 0 = ANY ($4::integer[]) AND id <> ALL ($5::bigint[])
       AND (type <> ${OTHER_TYPE.toString()} OR logs->>'msg' = ANY ($6::text[]))
  )
  SELECT ${columns('news')}, CASE WHEN of_all THEN '${ALL_PEERS}' ELSE connection.peer_id END AS peer_id, msg,
         ${text('news', 'of_all', 'connection.peer_id')} AS text
    FROM news
    JOIN peer_connections AS connection
      ON connection.id = news.peer_connection_id AND connection.collector = news.collector
   CROSS JOIN (VALUES (false), (true)) AS copy (of_all)
   WHERE CASE WHEN of_all THEN msg = ANY ($7::text[]) ELSE connection.peer_id || ' ' || msg = ANY ($8::text[]) END
   ORDER BY news.created_at, news.id`;

/** A row of the news, and the pair that it is of. */
export type NewsRow = StoredRow & PeerMessage;

export interface NewsQuestion {
  pairs: readonly PeerMessage[];
  /** What was stored until then is known of all of them: microseconds since the epoch. */
  storedAfter: number;
  /** Ids that need not come again. */
  known: readonly string[];
}

interface ConnectionRow {
  id: number;
  collector: number;
  peer_id: string | null;
}

/** Reads messages for the cache: the history of one pair, or the news of all. */
@Injectable()
export class FeedReadModel {
  constructor(
    private readonly dataSource: DataSource,
    private readonly settings: Settings,
    private readonly limits: FeedLimits,
  ) {}

  /**
   * The messages of a pair in the last `CACHE_EXPIRY_S`.
   *
   * @param maxBytes the newest that take so much together
   * @throws see {@link ReadTransaction.run}
   */
  async history(pair: PeerMessage, maxBytes: number, signal: AbortSignal): Promise<Filling> {
    const read = async (transaction: ReadTransaction): Promise<Filling> => {
      const { now } = transaction;
      const from = now - this.settings.CACHE_EXPIRY_S * 1e6;
      const range = [timeOf(from), timeOf(now + inMicroseconds(NEW_MESSAGE_AHEAD_MS))];
      const connections = await transaction.query<ConnectionRow>(CONNECTIONS, [
        pair.peer_id,
        ...range,
        typesOf([pair.msg]).numbers,
      ]);
      const rows: StoredRow[] = [];
      if (connections.length === 0) return { rows, now, from };
      const parameters: unknown[] = [
        connections.map(({ id }) => id),
        connections.map(({ collector }) => collector),
        connections.map(({ peer_id }) => peer_id),
        ...range,
        pair.peer_id === ALL_PEERS,
      ];
      const sql = history(typeCondition(pair.msg, (value) => `$${parameters.push(value).toString()}`));
      let bytes = 0;
      for await (const piece of this.pieces<StoredRow>(transaction, sql, parameters)) {
        for (const row of piece) {
          if (bytes > maxBytes) return { rows: rows.reverse(), now, from: (rows[0]?.createdAt ?? now) + 1 };
          rows.push(row);
          bytes += row.text.length;
        }
      }
      return { rows: rows.reverse(), now, from };
    };
    return await ReadTransaction.run(this.dataSource, read, this.options(signal));
  }

  /**
   * What is new of many pairs, in order of time. Some of it may be of no pair that was asked for.
   *
   * @param take gets some rows at a time, and the database's time; some rows may come twice
   * @returns the database's time
   * @throws see {@link ReadTransaction.run}; some rows may have been taken then
   */
  async news(
    { pairs, storedAfter, known }: NewsQuestion,
    take: (rows: readonly NewsRow[], now: number) => void,
    signal: AbortSignal,
  ): Promise<number> {
    const read = async (transaction: ReadTransaction): Promise<number> => {
      const { now } = transaction;
      const ofAll = pairs.filter(({ peer_id }) => peer_id === ALL_PEERS);
      const { numbers, others } = typesOf(pairs.map(({ msg }) => msg));
      const parameters = [
        timeOf(storedAfter),
        timeOf(now - inMicroseconds(NEW_MESSAGE_BEHIND_MS)),
        timeOf(now + inMicroseconds(NEW_MESSAGE_AHEAD_MS)),
        numbers,
        known,
        others,
        ofAll.map(({ msg }) => msg),
        pairs.map(({ peer_id, msg }) => `${peer_id} ${msg}`),
      ];
      for await (const rows of this.pieces<NewsRow>(transaction, NEWS, parameters)) {
        take(rows, now);
      }
      return now;
    };
    const options = { ...this.options(signal), settings: { enable_seqscan: 'off' } };
    return await ReadTransaction.run(this.dataSource, read, options);
  }

  private options(signal: AbortSignal): ReadOptions {
    return { limitMs: 4 * this.settings.CACHE_UPDATE_TIMEOUT_S * 1000, signal };
  }

  private async *pieces<Row extends StoredRow>(
    transaction: ReadTransaction,
    sql: string,
    parameters: readonly unknown[],
  ): AsyncGenerator<readonly Row[], void, undefined> {
    const cursor = await transaction.open<Row>(sql, parameters);
    const bounds = { length: this.limits.fetchBytes, firstRows: FIRST_ROWS, maxRows: MAX_ROWS };
    yield* cursor.pieces(new AdaptiveFetchSize(bounds), ({ text }) => text.length);
  }
}
