import { SAID_FIELDS, timeText } from '../../storage/index.js';

/** What a node has said of itself, in the answers that have it. */
const saidIn = (answers: 'node' | 'connection'): string[] =>
  SAID_FIELDS.filter((field) => field.answers === answers).map(({ column }) => column);

/** The columns of {@link Node} that `peer_connections` has. */
export const NODE_COLUMNS = ['id', 'ip_addr', 'created_at', 'audit', ...saidIn('node'), 'last_message_at'];

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
