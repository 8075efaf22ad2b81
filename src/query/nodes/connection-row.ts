import { timeText } from '../../storage/index.js';

/** The columns of {@link Node} that `peer_connections` has. */
const NODE_FIELDS = `
  'id', id, 'ip_addr', ip_addr, 'peer_id', peer_id, 'created_at', ${timeText('created_at')}, 'audit', audit,
  'name', name, 'chain', chain, 'version', version, 'authority', authority, 'startup_time', startup_time,
  'implementation', implementation`;

const CONNECTION_FIELDS = `
  'config', config, 'genesis_hash', genesis_hash, 'target_os', target_os, 'target_arch', target_arch,
  'target_env', target_env, 'sysinfo', sysinfo, 'path', path, 'first_message_at', ${timeText('first_message_at')},
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
