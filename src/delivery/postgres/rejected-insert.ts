import type { RejectedMessage } from '../../telemetry/index.js';
import type { Step } from './pipeline.js';

const INSERT = `
  INSERT INTO rejected_messages (collector, received_at, peer_connection_id, path, ip_addr, reason, size, head)
  SELECT $2::integer, to_timestamp(received_at / 1000.0), peer_connection_id, path, ip_addr, reason, size,
         decode(head, 'base64')
    FROM json_to_recordset($1::json) AS rejected
      (received_at double precision, peer_connection_id bigint, path text, ip_addr text, reason text, size integer, head text)`;

/** @param collector the number of the one that they belong to */
export function insertRejected(messages: readonly RejectedMessage[], collector: number): Step {
  const rows = messages.map((message) => ({
    received_at: message.receivedAt,
    peer_connection_id: message.connectionId,
    path: message.path,
    ip_addr: message.ipAddr,
    reason: message.reason,
    size: message.size,
    head: message.head.toString('base64'),
  }));
  return { sql: INSERT, values: [JSON.stringify(rows), collector.toString()] };
}
