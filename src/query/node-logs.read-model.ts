import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ReadTransaction } from './answer/read-transaction.js';
import { NewestMessages } from './logs/newest-messages.js';
import type { NodeLogsQuery } from './node-logs.query.js';

/** Questions about the messages of a node. */
@Injectable()
export class NodeLogsReadModel {
  constructor(private readonly dataSource: DataSource) {}

  /** @returns JSON objects `{ip_addr, peer_id, msg, created_at, logs}`, newest first */
  list(query: NodeLogsQuery): AsyncIterable<string> {
    return ReadTransaction.read(this.dataSource, (transaction) =>
      new NewestMessages(transaction, query.peer_id, query, query.limit).rows(),
    );
  }
}
