import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { cursorRows, NEWEST_MESSAGE, ReadTransaction } from '../../storage/index.js';
import type { NodeMessagesQuery } from './node-logs.query.js';

/** Counts of the messages of a node. */
@Injectable()
export class MessageCountsReadModel {
  constructor(private readonly dataSource: DataSource) {}

  /** @returns the JSON of MessageCounts, the most frequent type first */
  list({ peer_id: peerId, start_time: start, end_time: end }: NodeMessagesQuery): AsyncIterable<string> {
    return ReadTransaction.read(this.dataSource, (transaction) =>
      cursorRows(transaction, MESSAGE_COUNTS, [peerId, start ?? null, end ?? null]),
    );
  }
}

/**
 * The index on (peer_connection_id, msg, created_at) has all that is asked for, once its partition has been
 * vacuumed. Its partitions are those in which a connection of the peer may have messages.
 */
export const MESSAGE_COUNTS = `
  SELECT json_build_object('qty', qty, 'log_type', msg)::text AS row
    FROM (SELECT msg, sum(qty)::bigint AS qty
            FROM (SELECT id, oldest_created_at AS lower, ${NEWEST_MESSAGE} AS upper
                    FROM peer_connections WHERE peer_id = $1) AS connection,
         LATERAL (SELECT msg, count(*) AS qty FROM tetcore_logs
                   WHERE peer_connection_id = connection.id
                     AND created_at >= connection.lower AND created_at <= connection.upper
                     AND ($2::timestamptz IS NULL OR created_at > $2::timestamptz)
                     AND ($3::timestamptz IS NULL OR created_at < $3::timestamptz)
                   GROUP BY msg) AS counted
           GROUP BY msg) AS total
   ORDER BY qty DESC, msg`;
