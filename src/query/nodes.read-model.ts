import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { jsonList, timeText } from './json-rows.js';

// The index on (peer_id, created_at) gives the newest connection of each peer in its order.
const NEWEST_CONNECTIONS = `
  SELECT json_build_object(
           'id', id, 'ip_addr', ip_addr, 'peer_id', peer_id, 'created_at', ${timeText('created_at')},
           'audit', audit, 'name', name, 'chain', chain, 'version', version, 'authority', authority,
           'startup_time', startup_time, 'implementation', implementation)::text AS row
    FROM (SELECT DISTINCT ON (peer_id) * FROM peer_connections
           WHERE peer_id IS NOT NULL ORDER BY peer_id, created_at DESC) AS newest
   ORDER BY created_at DESC, id`;

/** Questions about nodes. */
@Injectable()
export class NodesReadModel {
  constructor(private readonly dataSource: DataSource) {}

  /** @returns a JSON list: the newest connection of each peer, newest first */
  async list(): Promise<string> {
    return jsonList(await this.dataSource.query<{ row: string }[]>(NEWEST_CONNECTIONS));
  }
}
