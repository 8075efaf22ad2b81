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
import { ALL_PEERS, type PeerMessage } from '../feed-request.js';
import type { History } from './cache-entry.js';

/** A message for the cache. Times are microseconds since the epoch. */
export interface StoredRow {
  id: string;
  createdAt: number;
  storedAt: number;
  /** The JSON that subscribers get. */
  text: string;
}

/** Rows of the first fetch, when their lengths are unknown, and of any fetch. */
const FIRST_ROWS = 64;
const MAX_ROWS = 5_000;

const columns = (table: string): string => `
  ${table}.id::text AS id, ${microsecondsOf(`${table}.created_at`)} AS "createdAt",
  ${microsecondsOf(`${table}.stored_at`)} AS "storedAt"`;

/** The JSON of a message for subscribers. PostgreSQL writes it, so that numbers keep every digit. */
const text = (table: string, withPeer: string, peerId: string): string => `
  ((${table}.logs - ARRAY['ts', 'id', 'msg', 'level', 'line'])
   || jsonb_build_object('created_at', ${timeText(`${table}.created_at`)})
   || CASE WHEN ${withPeer} THEN jsonb_build_object('peer_id', ${peerId}) ELSE '{}' END)::text`;

/** By `peer_connections_peer_created_at`; without an index for all peers. */
const CONNECTIONS = `
  SELECT id::float8 AS id, collector, peer_id FROM peer_connections
   WHERE ($1::text = '${ALL_PEERS}' OR peer_id = $1::text) AND (types IS NULL OR types && $4::smallint[])
     AND ${NEWEST_MESSAGE} >= $2::timestamptz AND oldest_created_at <= $3::timestamptz`;

/**
 * By the index on (`peer_connection_id`, `created_at`, `type`) or that of rare types, in the partitions of that time.
 * Newest first, since not all may fit.
 */
const history = (ofType: string): string => `
  SELECT ${columns('log')}, ${text('log', '$6::boolean', 'connection.peer_id')} AS text
    FROM unnest($1::bigint[], $2::integer[], $3::text[]) AS connection (id, collector, peer_id)
    JOIN tetcore_logs AS log ON log.peer_connection_id = connection.id AND log.collector = connection.collector
   WHERE ${ofType} AND log.created_at >= $4::timestamptz AND log.created_at <= $5::timestamptz
   ORDER BY log.created_at DESC, log.id DESC`;

/**
 * Recently stored messages of all pairs, by the BRIN index on `stored_at`, in the partitions that can have new messages.
 * `type + 0` prevents the planner from using an index that begins with the type. Lists are hashed; a join would depend
 * on the planner's estimate of the number of new messages.
 */
const NEW_MESSAGES = `
  WITH new_message AS MATERIALIZED (
    SELECT id, created_at, stored_at, peer_connection_id, collector, msg, logs FROM tetcore_logs
     WHERE stored_at > $1::timestamptz AND created_at >= $2::timestamptz AND created_at <= $3::timestamptz
       AND type + 0 = ANY ($4::integer[]) AND id <> ALL ($5::bigint[])
       AND (type <> ${OTHER_TYPE.toString()} OR logs->>'msg' = ANY ($6::text[]))
  )
  SELECT ${columns('new_message')}, CASE WHEN of_all THEN '${ALL_PEERS}' ELSE connection.peer_id END AS peer_id, msg,
         ${text('new_message', 'of_all', 'connection.peer_id')} AS text
    FROM new_message
    JOIN peer_connections AS connection
      ON connection.id = new_message.peer_connection_id AND connection.collector = new_message.collector
   CROSS JOIN (VALUES (false), (true)) AS copy (of_all)
   WHERE CASE WHEN of_all THEN msg = ANY ($7::text[]) ELSE connection.peer_id || ' ' || msg = ANY ($8::text[]) END
   ORDER BY new_message.created_at, new_message.id`;

/** A new message, and its pair. */
export type NewMessageRow = StoredRow & PeerMessage;

interface NewMessagesQuery {
  pairs: readonly PeerMessage[];
  /** Messages stored until then are known: microseconds since the epoch. */
  storedAfter: number;
  /** Ids of messages to skip. */
  known: readonly string[];
}

interface PeerConnectionRow {
  id: number;
  collector: number;
  peer_id: string | null;
}

/** Reads messages for the cache: the history of one pair, or new messages of all pairs. */
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
   * @param maxBytes limit for the newest messages together
   * @throws see {@link ReadTransaction.run}
   */
  async history(pair: PeerMessage, maxBytes: number, signal: AbortSignal): Promise<History> {
    const read = async (transaction: ReadTransaction): Promise<History> => {
      const { now } = transaction;
      const from = now - this.settings.CACHE_EXPIRY_S * 1e6;
      const range = [timeOf(from), timeOf(now + inMicroseconds(NEW_MESSAGE_AHEAD_MS))];
      const connections = await transaction.query<PeerConnectionRow>(CONNECTIONS, [
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
      for await (const chunk of this.chunks<StoredRow>(transaction, sql, parameters)) {
        for (const row of chunk) {
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
   * Reads new messages of many pairs, sorted by time. Some may belong to other pairs.
   *
   * @param take is called with some rows at a time, and the time of the database. Rows may be repeated
   * @returns the time of the database
   * @throws see {@link ReadTransaction.run}; `take` may have been called before
   */
  async newMessages(
    { pairs, storedAfter, known }: NewMessagesQuery,
    take: (rows: readonly NewMessageRow[], now: number) => void,
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
      for await (const rows of this.chunks<NewMessageRow>(transaction, NEW_MESSAGES, parameters)) {
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

  private async *chunks<Row extends StoredRow>(
    transaction: ReadTransaction,
    sql: string,
    parameters: readonly unknown[],
  ): AsyncGenerator<readonly Row[], void, undefined> {
    const cursor = transaction.open<Row>({ text: sql, values: parameters });
    const bounds = { length: this.limits.fetchBytes, firstRows: FIRST_ROWS, maxRows: MAX_ROWS };
    yield* cursor.pieces(new AdaptiveFetchSize(bounds), ({ text }) => text.length);
  }
}
