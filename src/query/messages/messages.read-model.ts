import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { RowPieces } from '../../platform/async/index.js';
import {
  chainKeySql,
  NEWEST_MESSAGE,
  OLDEST_MESSAGE,
  OTHER_TYPE,
  readRows,
  ReadTransaction,
} from '../../storage/index.js';
import { parseMessageCursor } from './message-cursor.js';
import { NEWEST_FIRST, OLDEST_FIRST } from './message-ranges.js';
import type { MessageSelection, RowProjection } from './message-selection.js';
import { PEER_COUNT_JSON, PEER_COUNT_TYPES } from './message-sql.js';
import {
  type NodeLogsQuery,
  type NodeMessagesPageQuery,
  type NodeMessagesQuery,
  type PeerCountsQuery,
} from './messages.query.js';
import { NodeMessages } from './node-messages.js';

/** Reads the messages of a node. A chain is a key, see `chainKeyOf`; all chains if undefined. */
@Injectable()
export class MessagesReadModel {
  constructor(private readonly dataSource: DataSource) {}

  /** @returns a row for each message */
  listMessages(
    query: NodeLogsQuery,
    chain: string | undefined,
    projection: RowProjection,
    limit: number,
  ): RowPieces {
    const { msg, target, start_time, end_time } = query;
    const filter = { msg, target, start_time, end_time };
    return this.read({ ...pageOf(query), chain, filter, projection, limit });
  }

  /** @returns the JSON of PeerCounts */
  listPeerCounts(query: PeerCountsQuery, chain: string | undefined): RowPieces {
    const { start_time, end_time, limit } = query;
    return this.read({
      ...pageOf(query),
      chain,
      filter: { start_time, end_time },
      types: PEER_COUNT_TYPES,
      projection: PEER_COUNT_JSON,
      limit,
    });
  }

  /** @returns the JSON of MessageCounts, most frequent type first */
  countMessages(
    { peer_id: peerId, start_time: start, end_time: end }: NodeMessagesQuery,
    chain: string | undefined,
  ): RowPieces {
    const values = [peerId, start ?? null, end ?? null, chain ?? null];
    return readRows(this.dataSource, { name: 'message_counts', text: MESSAGE_COUNTS, values });
  }

  private read(selection: MessageSelection): RowPieces {
    return ReadTransaction.read(this.dataSource, (transaction) =>
      new NodeMessages(transaction, selection).rows(),
    );
  }
}

function pageOf({
  peer_id: peerId,
  order,
  cursor,
}: NodeMessagesPageQuery): Pick<MessageSelection, 'peerId' | 'order' | 'after'> {
  return {
    peerId,
    order: order === 'asc' ? OLDEST_FIRST : NEWEST_FIRST,
    after: cursor === undefined ? undefined : parseMessageCursor(cursor),
  };
}

/**
 * Between the bounds of a connection and of the request. Without the collector, which is not in the index. Not with OR: a
 * plan for any values would not be pruned to the partitions of the request.
 */
const COUNTED = `
  tetcore_logs
   WHERE peer_connection_id = connection.id
     AND created_at >= connection.lower AND created_at <= connection.upper
     AND created_at > coalesce($2::timestamptz, '-infinity') AND created_at < coalesce($3::timestamptz, 'infinity')`;

/**
 * An index-only scan of (peer_connection_id, created_at, type), once a partition has been vacuumed, of the partitions in
 * which a connection of the peer may have messages. Types without a number are counted by their name in the message,
 * with the index of rare types.
 */
const MESSAGE_COUNTS = `
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
