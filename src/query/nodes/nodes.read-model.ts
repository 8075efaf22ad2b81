import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Conditions, cursorRows, ReadTransaction, singleRow, timeText } from '../../storage/index.js';
import { connectionFields, NODE_COLUMNS, nodeFields } from './connection-row.js';
import type { NodeConnectionsQuery, NodesQuery } from './nodes.query.js';

/** Questions about nodes. */
@Injectable()
export class NodesReadModel {
  constructor(private readonly dataSource: DataSource) {}

  /** @returns the JSON of Nodes, in the order of their peer ids */
  list(query: NodesQuery): AsyncIterable<string> {
    const { sql, parameters } = nodesQuery(query);
    return ReadTransaction.read(this.dataSource, (transaction) => cursorRows(transaction, sql, parameters));
  }

  /** @returns the JSON of a NodeDetail, or undefined where no node has that id */
  async find(peerId: string): Promise<string | undefined> {
    return (await singleRow<{ row: string }>(this.dataSource, NODE, [peerId]))?.row;
  }

  /** @returns the JSON of NodeConnections, newest first */
  listConnections(peerId: string, { limit, cursor }: NodeConnectionsQuery): AsyncIterable<string> {
    return ReadTransaction.read(this.dataSource, (transaction) =>
      cursorRows(transaction, CONNECTIONS, [peerId, limit, cursor ?? null]),
    );
  }
}

/**
 * The index on (peer_id, created_at) has the connections of each peer together. The open ones have an index of
 * their own.
 */
export function nodesQuery(query: NodesQuery): { sql: string; parameters: readonly unknown[] } {
  const conditions = new Conditions();
  const place = (value: unknown): string => conditions.parameter(value);
  const { chain, name, version, authority, connected, cursor } = query;
  if (chain !== undefined) conditions.add(`chain = ${place(chain)}::text`);
  if (name !== undefined) conditions.add(`position(lower(${place(name)}::text) IN lower(name)) > 0`);
  if (version !== undefined) conditions.add(`starts_with(version, ${place(version)}::text)`);
  if (authority !== undefined) conditions.add(`authority = ${place(authority)}::boolean`);
  if (connected !== undefined) conditions.add(`(heard_at IS NOT NULL) = ${place(connected)}::boolean`);
  const rest = cursor === undefined ? '' : ` AND peer_id > ${place(cursor)}::text`;
  const sql = `
    WITH open AS (
      SELECT peer_id, max(last_message_at) AS heard_at
        FROM peer_connections WHERE ended_at IS NULL AND peer_id IS NOT NULL GROUP BY peer_id
    )
    SELECT json_build_object(
             ${nodeFields('heard_at IS NOT NULL', 'greatest(heard_at, last_message_at)')})::text AS row
      FROM (SELECT DISTINCT ON (peer_id) ${NODE_COLUMNS.join(', ')}
              FROM peer_connections WHERE peer_id IS NOT NULL${rest}
             ORDER BY peer_id, created_at DESC, id DESC) AS newest
      LEFT JOIN open USING (peer_id)${conditions.where}
     ORDER BY peer_id LIMIT ${place(query.limit)}::bigint`;
  return { sql, parameters: conditions.parameters };
}

/** One peer by the index on (peer_id, created_at). */
const NODE = `
  SELECT json_build_object(
           ${connectionFields('peer.heard_at IS NOT NULL', 'greatest(peer.heard_at, last_message_at)')},
           'connection_count', peer.connection_count,
           'first_connected_at', peer.first_connected_at)::text AS row
    FROM (SELECT * FROM peer_connections WHERE peer_id = $1 ORDER BY created_at DESC, id DESC LIMIT 1) AS newest,
         (SELECT max(last_message_at) FILTER (WHERE ended_at IS NULL) AS heard_at, count(*) AS connection_count,
                 ${timeText('min(created_at)')} AS first_connected_at
            FROM peer_connections WHERE peer_id = $1) AS peer`;

/** The same index gives them in order. */
const CONNECTIONS = `
  SELECT json_build_object(${connectionFields('ended_at IS NULL', 'last_message_at')})::text AS row
    FROM peer_connections
   WHERE peer_id = $1
     AND ($3::bigint IS NULL OR (created_at, id) <
           (SELECT created_at, id FROM peer_connections WHERE peer_id = $1 AND id = $3::bigint))
   ORDER BY created_at DESC, id DESC LIMIT $2::bigint`;
