import { type LogTable, type MessageRow, readTuple } from '../../storage/index.js';
import { REJECTED_HEAD_BYTES, type RejectedMessage } from '../../telemetry/index.js';
import type { RefusedRow } from './tolerant-copy.js';

/** A row that the database refused, as a message that is set aside. It must not be refused a second time. */
export function rejectedFrom({ tuple, sqlState }: RefusedRow, table: LogTable): RejectedMessage {
  const { receivedAt, connectionId, logs }: MessageRow = readTuple(tuple);
  return {
    receivedAt: Math.floor(receivedAt / 1000),
    connectionId,
    path: table === 'logs_audit' ? '/audit' : '/',
    ipAddr: '',
    reason: `refused_by_database_${sqlState}`,
    size: logs.length,
    // A copy: a slice would hold the whole batch.
    head: Buffer.from(logs.subarray(0, REJECTED_HEAD_BYTES)),
  };
}
