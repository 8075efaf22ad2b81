import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ReadTransaction } from '../../storage/index.js';
import { parseMessageCursor } from '../logs/message-cursor.js';
import type { MessageQuestion } from '../logs/message-question.js';
import { PeerMessages } from '../logs/peer-messages.js';
import { NEWEST_FIRST, OLDEST_FIRST } from '../logs/reading-order.js';
import type { RowShape } from '../logs/row-shape.js';
import type { NodeLogsQuery, NodeMessagesPageQuery, PeerCountsQuery } from './node-logs.query.js';
import { PEER_COUNT_JSON, PEER_COUNT_TYPES } from './peer-count.js';

/** Questions about the messages of a node. A chain is a key, see `chainKeyOf`; all chains where it is left out. */
@Injectable()
export class NodeLogsReadModel {
  constructor(private readonly dataSource: DataSource) {}

  /** @returns messages in a shape, in the order that is asked for */
  listMessages(
    query: NodeLogsQuery,
    chain: string | undefined,
    shape: RowShape,
    limit: number,
  ): AsyncIterable<string> {
    const { msg, target, start_time, end_time } = query;
    return this.read({
      ...questionOf(query),
      chain,
      filter: { msg, target, start_time, end_time },
      shape,
      limit,
    });
  }

  /** @returns the JSON of PeerCounts, in the order that is asked for */
  listPeerCounts(query: PeerCountsQuery, chain: string | undefined): AsyncIterable<string> {
    const { start_time, end_time, limit } = query;
    return this.read({
      ...questionOf(query),
      chain,
      filter: { start_time, end_time },
      types: PEER_COUNT_TYPES,
      shape: PEER_COUNT_JSON,
      limit,
    });
  }

  private read(question: MessageQuestion): AsyncIterable<string> {
    return ReadTransaction.read(this.dataSource, (transaction) =>
      new PeerMessages(transaction, question).rows(),
    );
  }
}

function questionOf({
  peer_id: peerId,
  order,
  cursor,
}: NodeMessagesPageQuery): Pick<MessageQuestion, 'peerId' | 'order' | 'cursor'> {
  return {
    peerId,
    order: order === 'asc' ? OLDEST_FIRST : NEWEST_FIRST,
    cursor: cursor === undefined ? undefined : parseMessageCursor(cursor),
  };
}
