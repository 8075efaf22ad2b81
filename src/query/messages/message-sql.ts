import {
  Conditions,
  type CursorQuery,
  logTable,
  type ReadCursor,
  type ReadTransaction,
  timeText,
  typeCondition,
  typeNumber,
} from '../../storage/index.js';
import type { ReadRange } from './message-ranges.js';
import { pageCursorSql } from './message-cursor.js';
import type { MessageFilter, MessageSelection, RowProjection } from './message-selection.js';

/** `{id, ip_addr, peer_id, msg, created_at, logs, cursor}`. */
export const MESSAGE_JSON: RowProjection = {
  text: ({ ipAddr, peerId }) =>
    `'{"id":' || id || ',"ip_addr":' || to_json(${ipAddr()}) || ',"peer_id":' || to_json(${peerId()})
       || ',"msg":' || coalesce(to_json(logs->>'msg')::text, 'null') || ',"created_at":"' || created_at
       || '","logs":' || logs::text || ',"cursor":"' || ${pageCursorSql('created_at')} || '"}'`,
};

export const CSV_COLUMNS = ['id', 'ip_addr', 'peer_id', 'msg', 'created_at', 'logs', 'cursor'] as const;

/** The same columns as CSV; `logs` is JSON in one column. Texts that a spreadsheet would run are escaped. */
export const MESSAGE_CSV = messageCsv(withoutFormula);
/** The same with texts unchanged. */
export const MESSAGE_CSV_RAW = messageCsv((expression) => expression);

function messageCsv(escape: (expression: string) => string): RowProjection {
  // `logs` is not escaped: it begins with a brace.
  const column = (expression: string): string => csvText(escape(expression));
  return {
    text: ({ ipAddr, peerId }) =>
      `id || ',' || ${column(ipAddr())} || ',' || ${column(peerId())} || ',' || ${column("(logs->>'msg')")}
         || ',' || created_at || ',' || ${csvText('logs::text')} || ',' || ${pageCursorSql('created_at')}`,
  };
}

/**
 * With an apostrophe before a character with which spreadsheets begin a formula: `=`, `+`, `-`, `@`, their full-width
 * forms, a tab, a line break.
 */
function withoutFormula(expression: string): string {
  return `CASE WHEN ${expression} ~ E'^[=+@\\t\\r\\n\uFF1D\uFF0B\uFF20\uFF0D-]' THEN '''' || ${expression} ELSE ${expression} END`;
}

function csvText(expression: string): string {
  return `coalesce('"' || replace(${expression}, '"', '""') || '"', '')`;
}

const INTERVAL = typeNumber('system.interval');
/** The types of messages with a peer count. */
export const PEER_COUNT_TYPES = [INTERVAL, typeNumber('system.network_state')] as const;

/** Very old nodes call the state `network_state`. */
const STATE = "coalesce(logs->'state', logs->'network_state')";
const sizeOf = (field: string): string =>
  `(SELECT count(*) FROM jsonb_object_keys(
      CASE jsonb_typeof(state->'${field}') WHEN 'object' THEN state->'${field}' ELSE '{}' END))`;

const PEERS = "(logs->'peers')::numeric";
/** The largest integer that JavaScript represents exactly. */
const MAX_PEERS = 2 ** 53;

/** A PeerCount. Only one of the two kinds of interval has a peer count. Other values than integers are omitted. */
export const PEER_COUNT_JSON: RowProjection = {
  condition: `CASE WHEN type <> ${INTERVAL.toString()} THEN jsonb_typeof(${STATE}->'connectedPeers') = 'object'
                   WHEN jsonb_typeof(logs->'peers') = 'number'
                   THEN ${PEERS} BETWEEN 0 AND ${MAX_PEERS.toString()} AND trunc(${PEERS}) = ${PEERS} END`,
  text: () => `
    (SELECT json_build_object('created_at', created_at, 'peers', peers, 'not_connected_peers', not_connected,
                              'msg', logs->>'msg', 'cursor', ${pageCursorSql('created_at')})::text
       FROM (SELECT ${PEERS}::int8 AS peers, NULL::int8 AS not_connected
              WHERE logs->>'msg' = 'system.interval'
             UNION ALL
             SELECT ${sizeOf('connectedPeers')}, ${sizeOf('notConnectedPeers')}
               FROM (SELECT ${STATE} AS state OFFSET 0) AS reported
              WHERE logs->>'msg' = 'system.network_state') AS counted)`,
};

/** The row of a message, and its sort key. */
export interface ProjectedMessage {
  created_at: string;
  id: string;
  text: string;
}

/** A cursor on the selected messages of a range, sorted. Only fetched rows are read. */
export function openRange(
  transaction: ReadTransaction,
  range: ReadRange,
  selection: MessageSelection,
  limit: number,
): ReadCursor<ProjectedMessage> {
  return transaction.open(rangeQuery(range, selection, limit));
}

/**
 * One range scan of the index on (peer_connection_id, created_at, type): other types are skipped within the index.
 * Rare types have an index of their own, which begins with the type.
 */
export function rangeQuery(
  { connection, from, to }: ReadRange,
  { filter, types, order, after, peerId, projection }: MessageSelection,
  limit: number,
): CursorQuery {
  const conditions = new Conditions();
  const parameter = (value: unknown): string => conditions.parameter(value);
  conditions.add(`peer_connection_id = ${parameter(connection.id)}::bigint`);
  conditions.add(`collector = ${parameter(connection.collector)}::integer`);
  conditions.add(`created_at >= ${parameter(new Date(from).toISOString())}::timestamptz`);
  conditions.add(`created_at < ${parameter(new Date(to).toISOString())}::timestamptz`);
  addFilter(conditions, filter);
  if (types !== undefined) conditions.add(`type IN (${types.join(', ')})`);
  if (after !== undefined) {
    const [at, id] = [parameter(after.createdAt), parameter(after.id)];
    // The first condition is for the index, which does not have the id.
    conditions.add(`created_at ${order.after}= ${at}::timestamptz`);
    conditions.add(`(created_at, id) ${order.after} (${at}::timestamptz, ${id}::bigint)`);
  }
  if (projection.condition !== undefined) conditions.add(projection.condition);
  const table = logTable(connection);
  const limitSql = Number.isFinite(limit) ? ` LIMIT ${parameter(limit)}::bigint` : '';
  const text = projection.text({
    ipAddr: () => `${parameter(connection.ip_addr)}::text`,
    peerId: () => `${parameter(peerId)}::text`,
  });
  const sql = `
    SELECT created_at, id::text AS id,
           ${text} AS text
      FROM (SELECT id, ${timeText('created_at')} AS created_at, logs
              FROM (SELECT id, created_at, logs FROM ${table} WHERE ${conditions.sql}
                     ORDER BY created_at ${order.sql}, id ${order.sql}${limitSql}) AS message
             -- So that the text of the time is computed once.
             OFFSET 0) AS message_text`;
  return { text: sql, values: conditions.parameters };
}

function addFilter(conditions: Conditions, filter: MessageFilter): void {
  const { start_time: start, end_time: end, target, msg } = filter;
  if (start !== undefined) conditions.add(`created_at > ${conditions.parameter(start)}::timestamptz`);
  if (end !== undefined) conditions.add(`created_at < ${conditions.parameter(end)}::timestamptz`);
  if (msg !== undefined) conditions.add(typeCondition(msg, (value) => conditions.parameter(value)));
  if (target === undefined) return;
  const text = conditions.parameter(target);
  conditions.add(`(logs->>'target' = ${text}::text OR logs->>'origin' = ${text}::text)`);
}
