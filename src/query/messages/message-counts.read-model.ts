import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import {
  chainKeySql,
  cursorRows,
  NEWEST_MESSAGE,
  OLDEST_MESSAGE,
  OTHER_TYPE,
  ReadTransaction,
} from '../../storage/index.js';
import type { NodeMessagesQuery } from './node-logs.query.js';

/** Counts of the messages of a node. */
@Injectable()
export class MessageCountsReadModel {
  constructor(private readonly dataSource: DataSource) {}

  /** @param chain a key, see `chainKeyOf`; all chains where it is left out. @returns the JSON of MessageCounts, the most frequent type first */
  list(
    { peer_id: peerId, start_time: start, end_time: end }: NodeMessagesQuery,
    chain: string | undefined,
  ): AsyncIterable<string> {
    return ReadTransaction.read(this.dataSource, (transaction) =>
      cursorRows(transaction, MESSAGE_COUNTS, [peerId, start ?? null, end ?? null, chain ?? null]),
    );
  }
}

/** Between the bounds of a connection and of the question. Without the collector, which is not in the index. */
const COUNTED = `
  tetcore_logs
   WHERE peer_connection_id = connection.id
     AND created_at >= connection.lower AND created_at <= connection.upper
     AND ($2::timestamptz IS NULL OR created_at > $2::timestamptz)
     AND ($3::timestamptz IS NULL OR created_at < $3::timestamptz)`;

/**
 * The index on (peer_connection_id, created_at, type) has all that is asked for, once its partition has been vacuumed.
 * Its partitions are those in which a connection of the peer may have messages. Types without a number are counted by
 * the name in the message, and are found by the index of rare types.
 */
export const MESSAGE_COUNTS = `
  WITH connection AS (
    SELECT id, ${OLDEST_MESSAGE} AS lower, ${NEWEST_MESSAGE} AS upper
      FROM peer_connections WHERE peer_id = $1 AND ($4::text IS NULL OR ${chainKeySql()} = $4::text)
  )
  SELECT json_build_object('qty', sum(qty)::bigint, 'log_type', msg)::text AS row
    FROM (SELECT name AS msg, qty
            FROM (SELECT type, sum(qty) AS qty
                    FROM connection,
                 LATERAL (SELECT type, count(*) AS qty FROM ${COUNTED} AND type <> ${OTHER_TYPE.toString()} GROUP BY type) AS counted
                   GROUP BY type) AS numbered
            LEFT JOIN message_types ON message_types.id = numbered.type
           UNION ALL
          SELECT msg, qty
            FROM connection,
         LATERAL (SELECT logs->>'msg' AS msg, count(*) AS qty FROM ${COUNTED} AND type = ${OTHER_TYPE.toString()} GROUP BY 1) AS counted
         ) AS total
   GROUP BY msg
   ORDER BY sum(qty) DESC, msg`;
