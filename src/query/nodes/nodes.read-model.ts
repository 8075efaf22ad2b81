import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { RowPieces } from '../../platform/async/index.js';
import {
  chainKeySql,
  Conditions,
  readRows,
  REPORTED_FIELDS,
  type RowStatement,
  singleRow,
  timeText,
} from '../../storage/index.js';
import { NODE_KEY, NodeRows } from './node-rows.js';
import type { NodeConnectionsQuery, NodesQuery } from './nodes.query.js';

/** The position after which a page of nodes begins. */
interface NodeCursor {
  peerId: string;
  /** The key of the chain, '' for none; undefined to continue after all nodes of the peer. */
  chain: string | undefined;
}

/** Reads the `cursor` of a node, `["PEER_ID", "CHAIN"]`; any other text is a peer id. */
export function parseNodeCursor(text: string): NodeCursor {
  const parts = parseList(text);
  if (parts?.length === 2) {
    const [peerId, chain] = parts;
    if (typeof peerId === 'string' && typeof chain === 'string') return { peerId, chain };
  }
  return { peerId: text, chain: undefined };
}

function parseList(text: string): unknown[] | undefined {
  if (!text.startsWith('[')) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The columns that a node reports of itself, by the responses that contain them. */
const reportedIn = (responses: 'node' | 'connection'): string[] =>
  REPORTED_FIELDS.filter((field) => field.responses === responses).map(({ column }) => column);

/** The columns of `peer_connections` that a list sorts or selects by, or that its keys have. */
const LISTED = 'id, revision, peer_id, name, version, authority, created_at, last_message_at';

/** The sort key of a connection's chain. Connections without a chain come first. */
const CHAIN_ORDER = chainOrder();

/** @param table alias of the table, if the columns need one */
function chainOrder(table?: string): string {
  return `coalesce(${chainKeySql(table)}, '') COLLATE "C"`;
}

/** Sorts first the connection that describes a node: the open one with the latest message, otherwise the newest. */
const DESCRIBING_FIRST =
  'CASE WHEN ended_at IS NULL THEN last_message_at END DESC NULLS LAST, created_at DESC, id DESC';

/** Whether the names or start times of open connections differ. NULL is no difference. */
function differ(window = ''): string {
  const varies = (column: string): string =>
    `coalesce(min(${column})${window} <> max(${column})${window}, false)`;
  return `(${varies('name')} OR ${varies('startup_time')})`;
}

const members = (columns: readonly string[]): string =>
  columns.map((column) => `'${column}', ${column}`).join(', ');

/** The status of a node: see `docs/api.md`. It is the same for all of its connections, once it is determined. */
const STATUS = `
  min(state.status COLLATE "C") AS status, min(state.since) AS status_since, bool_or(state.clock_wrong) AS clock_wrong`;
const STATUS_OVER_NODE = STATUS.replaceAll(/\) AS/g, ') OVER node AS');

const NODE_FIELDS = `
  'id', id, 'ip_addr', ip_addr, 'created_at', ${timeText('created_at')}, 'audit', audit,
  ${members(reportedIn('node'))}`;

const CONNECTION_FIELDS = `
  ${members(reportedIn('connection'))}, 'path', path, 'first_message_at', ${timeText('first_message_at')},
  'ended_at', ${timeText('ended_at')}, 'end_reason', end_reason, 'end_code', end_code`;

/**
 * The JSON of a Node from a row of `peer_connections`. The database writes it, so that numbers keep every digit.
 *
 * @param connected SQL expression, as is `lastMessageAt`
 */
function nodeFields(connected: string, lastMessageAt: string): string {
  return `${NODE_FIELDS}, 'connected', ${connected}, 'last_message_at', ${timeText(lastMessageAt)}`;
}

/** The same for a NodeConnection. */
function connectionFields(connected: string, lastMessageAt: string): string {
  return `${nodeFields(connected, lastMessageAt)}, ${CONNECTION_FIELDS}`;
}

/**
 * When the last message of a connection arrived. The row of an open one is up to half a minute old, so its newest message
 * is found by the index on (peer_connection_id, created_at, type).
 *
 * @param row alias of a row of `peer_connections`
 */
const lastMessageOf = (row: string): string => `
  greatest(${row}.last_message_at, CASE WHEN ${row}.ended_at IS NULL THEN (
    SELECT received_at FROM tetcore_logs AS log
     WHERE log.peer_connection_id = ${row}.id AND log.collector = ${row}.collector
       AND log.created_at >= ${row}.newest_created_at AND log.created_at <= ${row}.newest_created_at + interval '5 min'
     ORDER BY log.created_at DESC LIMIT 1) END)`;

/** Reads nodes and their connections. Chains are keys: see `chainKeyOf`. */
@Injectable()
export class NodesReadModel {
  private readonly rows: NodeRows;

  constructor(private readonly dataSource: DataSource) {
    this.rows = new NodeRows(dataSource, chainOrder('connection'));
  }

  /** @returns the JSON of Nodes, sorted by peer id and chain */
  list(query: NodesQuery, chain: string | undefined): RowPieces {
    return this.rows.list(nodesQuery(query, chain));
  }

  /**
   * @param chain the chain of its last message if undefined
   * @returns the JSON of a NodeDetail, or undefined if there is no such node
   */
  async find(peerId: string, chain: string | undefined): Promise<string | undefined> {
    return (await singleRow<{ row: string }>(this.dataSource, NODE, [peerId, chain ?? null]))?.row;
  }

  /** @returns the JSON of NodeConnections, newest first */
  listConnections(
    peerId: string,
    { limit, cursor }: NodeConnectionsQuery,
    chain: string | undefined,
  ): RowPieces {
    const values = [peerId, limit, cursor ?? null, chain ?? null];
    return readRows(this.dataSource, { name: 'connections', text: CONNECTIONS, values });
  }
}

/**
 * Nodes with an open connection are found by the index of open connections, others by the index on
 * (peer_id, created_at).
 */
function nodesQuery(query: NodesQuery, chain: string | undefined): RowStatement {
  const conditions = new Conditions();
  const parameter = (value: unknown): string => conditions.parameter(value);
  const { name, version, authority, connected, status, cursor } = query;
  if (chain !== undefined) conditions.add(`chain_order = ${parameter(chain)}::text`);
  if (name !== undefined) conditions.add(`position(lower(${parameter(name)}::text) IN lower(name)) > 0`);
  if (version !== undefined) conditions.add(`starts_with(version, ${parameter(version)}::text)`);
  if (authority !== undefined) conditions.add(`authority = ${parameter(authority)}::boolean`);
  if (status !== undefined) conditions.add(`status = ANY (${parameter(status)}::text[])`);
  if (connected !== undefined) conditions.add(`(connections > 0) = ${parameter(connected)}::boolean`);
  const rest = `peer_id IS NOT NULL${cursor === undefined ? '' : after(cursor, parameter)}`;
  const text = `
    WITH open AS MATERIALIZED (
      SELECT DISTINCT ON (peer_id, chain_order) *
        FROM (SELECT ${LISTED}, ${CHAIN_ORDER} AS chain_order, count(*) OVER node AS connections,
                     ${differ(' OVER node')} AS duplicate, ${STATUS_OVER_NODE}
                FROM peer_connections LEFT JOIN node_statuses AS state ON connection_id = id
               WHERE ended_at IS NULL AND ${rest}
              WINDOW node AS (PARTITION BY peer_id, ${CHAIN_ORDER})) AS each
       ORDER BY peer_id, chain_order, last_message_at DESC, created_at DESC, id DESC
    ), ended AS (
      SELECT DISTINCT ON (peer_id, ${CHAIN_ORDER}) ${LISTED}, ${CHAIN_ORDER} AS chain_order,
             0::bigint AS connections, false AS duplicate, 'offline' AS status,
             max(ended_at) OVER all_of_node AS status_since, NULL::boolean AS clock_wrong
        FROM peer_connections AS connection
       WHERE ended_at IS NOT NULL AND ${rest}
         AND NOT EXISTS (SELECT FROM open
                          WHERE open.peer_id = connection.peer_id AND open.chain_order = ${chainOrder('connection')})
      WINDOW all_of_node AS (PARTITION BY peer_id, ${CHAIN_ORDER} ORDER BY created_at DESC, id DESC
                             ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
       ORDER BY peer_id, ${CHAIN_ORDER}, created_at DESC, id DESC
    )
    SELECT ${NODE_KEY} AS row
      FROM (SELECT * FROM open UNION ALL SELECT * FROM ended) AS node${conditions.where}
     ORDER BY peer_id, chain_order LIMIT ${parameter(query.limit)}::bigint`;
  // Most requests have no conditions. The texts of others are too many to be kept.
  const isPlain = conditions.where === '' && cursor === undefined;
  return { ...(isPlain && { name: 'nodes' }), text, values: conditions.parameters };
}

function after(text: string, parameter: (value: unknown) => string): string {
  const cursor = parseNodeCursor(text);
  const peer = `${parameter(cursor.peerId)}::text`;
  if (cursor.chain === undefined) return ` AND peer_id > ${peer}`;
  return ` AND peer_id >= ${peer} AND (peer_id > ${peer} OR ${CHAIN_ORDER} > ${parameter(cursor.chain)}::text)`;
}

/** By the index on (peer_id, created_at). */
const NODE = `
  WITH described AS MATERIALIZED (
         SELECT DISTINCT ON (${CHAIN_ORDER}) *, ${CHAIN_ORDER} AS chain_order
           FROM peer_connections WHERE peer_id = $1 ORDER BY ${CHAIN_ORDER}, ${DESCRIBING_FIRST}),
       known AS MATERIALIZED (
         SELECT ${CHAIN_ORDER} AS chain_order, max(${lastMessageOf('connection')}) AS heard_at,
                count(*) FILTER (WHERE ended_at IS NULL) AS connections, count(*) AS connection_count,
                min(created_at) AS first_connected_at, max(ended_at) AS last_ended_at
           FROM peer_connections AS connection WHERE peer_id = $1 GROUP BY ${CHAIN_ORDER}),
       open AS (
         SELECT ${CHAIN_ORDER} AS chain_order, ${differ()} AS duplicate, ${STATUS}
           FROM peer_connections LEFT JOIN node_statuses AS state ON connection_id = id
          WHERE peer_id = $1 AND ended_at IS NULL GROUP BY ${CHAIN_ORDER}),
       chosen AS (
         SELECT * FROM known WHERE $2::text IS NULL OR chain_order = $2::text
          ORDER BY heard_at DESC, chain_order LIMIT 1)
  SELECT json_build_object(
           ${connectionFields('chosen.connections > 0', 'chosen.heard_at')},
           'connections', chosen.connections, 'duplicate', coalesce(open.duplicate, false),
           'status', CASE WHEN chosen.connections = 0 THEN 'offline' ELSE open.status END,
           'status_since', ${timeText('CASE WHEN chosen.connections = 0 THEN chosen.last_ended_at ELSE open.status_since END')},
           'clock_wrong', open.clock_wrong,
           'connection_count', chosen.connection_count,
           'first_connected_at', ${timeText('chosen.first_connected_at')},
           'other_chains', (
             SELECT coalesce(json_agg(json_build_object(
                      'genesis_hash', other.genesis_hash, 'chain', other.chain, 'id', other.id,
                      'last_message_at', ${timeText('known.heard_at')}) ORDER BY known.heard_at DESC, chain_order), '[]')
               FROM described AS other JOIN known USING (chain_order)
              WHERE chain_order <> chosen.chain_order))::text AS row
    FROM chosen JOIN described USING (chain_order) LEFT JOIN open USING (chain_order)`;

/** Sorted by the same index. */
const CONNECTIONS = `
  SELECT json_build_object(${connectionFields('ended_at IS NULL', lastMessageOf('connection'))})::text AS row
    FROM peer_connections AS connection
   WHERE peer_id = $1 AND ($4::text IS NULL OR ${chainKeySql()} = $4::text)
     AND ($3::bigint IS NULL OR (created_at, id) <
           (SELECT created_at, id FROM peer_connections WHERE peer_id = $1 AND id = $3::bigint))
   ORDER BY created_at DESC, id DESC LIMIT $2::bigint`;
