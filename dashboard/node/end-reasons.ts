/** Why a connection ended, in words. */
const REASONS: Readonly<Record<string, string>> = {
  closed: 'The node closed it',
  timeout: 'Nothing came from the node for too long',
  no_message: 'No message came in time',
  payload_too_large: 'A message was too large',
  too_many_bytes: 'The node sent too much',
  slow_reader: 'The node did not read our answers',
  too_many_fragments: 'A message came in too many pieces',
  message_timeout: 'A message did not come whole in time',
  memory_limit: 'The server closed it to free memory',
  protocol_error: 'The node broke the protocol',
  reset: 'The line broke',
  shutdown: 'The server was stopped',
  id_evicted: 'Other ids on its socket were heard later',
  identity_changed: 'Its socket said that it is another node',
  collector_lost: 'The server was lost',
  imported: 'Not known: it was brought over from 0.1.4',
};

export function reasonText(reason: string | null, code: number | null): string {
  if (reason === null) return 'Open';
  const text = Object.hasOwn(REASONS, reason) ? REASONS[reason] : reason;
  return code === null ? (text ?? reason) : `${text ?? reason} (${code})`;
}
