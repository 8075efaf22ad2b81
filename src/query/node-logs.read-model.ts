import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { jsonList, timeText } from './json-rows.js';
import type { NodeLogsQuery } from './node-logs.query.js';

/** Questions about the messages of a node. */
@Injectable()
export class NodeLogsReadModel {
  constructor(private readonly dataSource: DataSource) {}

  /** @returns a JSON list of `{ip_addr, peer_id, msg, created_at, logs}`, newest first */
  async list(query: NodeLogsQuery): Promise<string> {
    const parameters: unknown[] = [query.peer_id, query.limit];
    const parameter = (value: unknown): string => `$${parameters.push(value).toString()}`;
    const conditions: string[] = [];
    if (query.msg !== undefined) conditions.push(`AND msg = ${parameter(query.msg)}`);
    if (query.start_time !== undefined) {
      conditions.push(`AND created_at > ${parameter(query.start_time)}::timestamptz`);
    }
    if (query.end_time !== undefined) {
      conditions.push(`AND created_at < ${parameter(query.end_time)}::timestamptz`);
    }
    if (query.target !== undefined) {
      const target = parameter(query.target);
      conditions.push(`AND (logs->>'target' = ${target} OR logs->>'origin' = ${target})`);
    }
    // By connection, type and time the index on (peer_connection_id, msg, created_at) serves directly.
    const sql = `
      SELECT json_build_object(
               'ip_addr', ip_addr, 'peer_id', peer_id, 'msg', logs->>'msg',
               'created_at', ${timeText('messages.created_at')}, 'logs', logs)::text AS row
        FROM peer_connections AS connection
       CROSS JOIN LATERAL (
         SELECT id AS message_id, created_at, logs FROM tetcore_logs
          WHERE peer_connection_id = connection.id ${conditions.join(' ')}
          ORDER BY created_at DESC, id DESC LIMIT $2) AS messages
       WHERE peer_id = $1
       ORDER BY messages.created_at DESC, message_id DESC LIMIT $2`;
    return jsonList(await this.dataSource.query<{ row: string }[]>(sql, parameters));
  }
}
