import { chainKeySql, REPORTED_FIELDS, timeText } from '../../storage/index.js';

/** What a node has said of itself, in the answers that have it. */
const saidIn = (answers: 'node' | 'connection'): string[] =>
  REPORTED_FIELDS.filter((field) => field.responses === answers).map(({ column }) => column);

/** The columns of a node's row that `peer_connections` has. */
export const NODE_COLUMNS = ['id', 'ip_addr', 'created_at', 'audit', ...saidIn('node'), 'last_message_at'];

/** The chain of a connection as an order has it, in which no chain is the first. */
export const CHAIN_ORDER = chainOrder();

/** @param table its alias in the query, where the columns need one */
export function chainOrder(table?: string): string {
  return `coalesce(${chainKeySql(table)}, '') COLLATE "C"`;
}

/**
 * Of several connections of a node the one that it is described by comes first: the open one that was heard last, or
 * else the newest.
 */
export const DESCRIBING_FIRST =
  'CASE WHEN ended_at IS NULL THEN last_message_at END DESC NULLS LAST, created_at DESC, id DESC';

/** Whether open connections say that they are of several nodes. What was not said is no difference. */
export function differ(window = ''): string {
  const several = (column: string): string =>
    `coalesce(min(${column})${window} <> max(${column})${window}, false)`;
  return `(${several('name')} OR ${several('startup_time')})`;
}

const members = (columns: readonly string[]): string =>
  columns.map((column) => `'${column}', ${column}`).join(', ');

const NODE_FIELDS = `
  'id', id, 'ip_addr', ip_addr, 'created_at', ${timeText('created_at')}, 'audit', audit,
  ${members(saidIn('node'))}`;

const CONNECTION_FIELDS = `
  ${members(saidIn('connection'))}, 'path', path, 'first_message_at', ${timeText('first_message_at')},
  'ended_at', ${timeText('ended_at')}, 'end_reason', end_reason, 'end_code', end_code`;

/**
 * The JSON of a Node from a row of `peer_connections`. The database writes it, so that numbers keep every digit.
 *
 * @param connected an expression, and so `lastMessageAt`
 */
export function nodeFields(connected: string, lastMessageAt: string): string {
  return `${NODE_FIELDS}, 'connected', ${connected}, 'last_message_at', ${timeText(lastMessageAt)}`;
}

/** The same for a NodeConnection. */
export function connectionFields(connected: string, lastMessageAt: string): string {
  return `${nodeFields(connected, lastMessageAt)}, ${CONNECTION_FIELDS}`;
}
