import { parseRow, REJECTED_HEAD_BYTES, type RejectedMessage } from '../../telemetry/index.js';
import type { LogTable } from '../../storage/index.js';
import type { RefusedRow } from './tolerant-copy.js';

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/**
 * A row that the database refused, as a message that is set aside. Whatever is wrong with the row: it must not
 * be refused a second time.
 *
 * @param receivedAt taken where the row does not say: milliseconds since the epoch
 */
export function rejectedFrom(
  { line, sqlState }: RefusedRow,
  table: LogTable,
  receivedAt: number,
): RejectedMessage {
  const row = read(line);
  return {
    receivedAt: Number.isNaN(row.receivedAt) ? receivedAt : row.receivedAt,
    connectionId: UUID.test(row.connectionId) ? row.connectionId : null,
    path: table === 'logs_audit' ? '/audit' : '/',
    ipAddr: '',
    reason: `refused_by_database_${sqlState}`,
    size: row.message.length,
    head: row.message.subarray(0, REJECTED_HEAD_BYTES),
  };
}

function read(line: Buffer): { receivedAt: number; connectionId: string; message: Buffer } {
  try {
    const row = parseRow(line);
    return {
      receivedAt: Date.parse(row.receivedAt),
      connectionId: row.peerConnectionId,
      message: Buffer.from(row.logs),
    };
  } catch {
    return { receivedAt: NaN, connectionId: '', message: line };
  }
}
