/** Displayed texts of end reasons. */
const REASONS: Readonly<Record<string, string>> = {
  closed: 'Closed by the node',
  timeout: 'Timeout: no data from the node',
  no_message: 'Timeout: no first message',
  payload_too_large: 'Message too large',
  too_many_bytes: 'Data rate limit exceeded',
  slow_reader: 'The node did not read from the socket',
  too_many_fragments: 'Message had too many fragments',
  message_timeout: 'Timeout: incomplete message',
  memory_limit: 'Closed by the server to free memory',
  protocol_error: 'WebSocket protocol error',
  reset: 'TCP connection lost',
  shutdown: 'Server stopped',
  id_evicted: 'Evicted by newer ids on the same socket',
  identity_changed: 'The socket identified as another node',
  collector_lost: 'Server crashed or lost',
  imported: 'Unknown: imported from 0.1.4',
};

export function reasonText(reason: string | null, code: number | null): string {
  if (reason === null) return 'Open';
  const text = Object.hasOwn(REASONS, reason) ? REASONS[reason] : reason;
  return code === null ? (text ?? reason) : `${text ?? reason} (${code})`;
}
