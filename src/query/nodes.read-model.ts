import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ReadTransaction } from './answer/read-transaction.js';
import { timeText } from './answer/time-text.js';

const FETCH_ROWS = 100;

/**
 * In the order of the index on (peer_id, created_at), read backwards, each peer begins with its newest
 * connection: where there are too many to sort in memory, none needs to be.
 * The database writes the JSON, so that numbers keep every digit.
 */
export const NEWEST_CONNECTIONS = `
  SELECT json_build_object(
           'id', id, 'ip_addr', ip_addr, 'peer_id', peer_id, 'created_at', ${timeText('created_at')},
           'audit', audit, 'name', name, 'chain', chain, 'version', version, 'authority', authority,
           'startup_time', startup_time, 'implementation', implementation)::text AS row
    FROM (SELECT DISTINCT ON (peer_id) id, ip_addr, peer_id, created_at, audit, name, chain, version,
                 authority, startup_time, implementation
            FROM peer_connections WHERE peer_id IS NOT NULL
           ORDER BY peer_id DESC, created_at DESC) AS newest
   ORDER BY created_at DESC, id`;

/** Questions about nodes. */
@Injectable()
export class NodesReadModel {
  constructor(private readonly dataSource: DataSource) {}

  /** @returns JSON objects: the newest connection of each peer, newest first */
  list(): AsyncIterable<string> {
    return ReadTransaction.read(this.dataSource, newestConnections);
  }
}

async function* newestConnections(transaction: ReadTransaction): AsyncGenerator<string> {
  const cursor = await transaction.open<{ row: string }>(NEWEST_CONNECTIONS, []);
  for (;;) {
    const next = await cursor.peek(FETCH_ROWS);
    if (next === undefined) return;
    cursor.take();
    yield next.row;
  }
}
