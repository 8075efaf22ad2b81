import type { ClientBase } from 'pg';
import type { RejectedMessage } from '../../telemetry/index.js';

const INSERT = `
  INSERT INTO rejected_messages (received_at, peer_connection_id, path, ip_addr, reason, size, head)
  SELECT to_timestamp(received_at / 1000.0), peer_connection_id, path, ip_addr, reason, size, head
    FROM unnest($1::double precision[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::integer[], $7::bytea[])
      AS rejected (received_at, peer_connection_id, path, ip_addr, reason, size, head)`;

export async function insertRejected(
  client: ClientBase,
  messages: readonly RejectedMessage[],
): Promise<void> {
  if (messages.length === 0) return;
  await client.query(INSERT, [
    messages.map((message) => message.receivedAt),
    messages.map((message) => message.connectionId),
    messages.map((message) => message.path),
    messages.map((message) => message.ipAddr),
    messages.map((message) => message.reason),
    messages.map((message) => message.size),
    messages.map((message) => message.head),
  ]);
}
