import { describe, expect, it } from 'vitest';
import { row } from '../../../test/support/batches.js';
import { type RejectedRow, toRejectedMessage } from './row-by-row-writer.js';

const AT = Date.UTC(2026, 0, 2);
const rejectedRow = (logs: string): RejectedRow => ({
  tuple: row({ at: AT, connectionId: 2 ** 40 + 7, logs }).tuple,
  sqlState: '22P02',
});

describe('a row that the database rejected', () => {
  it('is stored in rejected_messages as it was sent', () => {
    expect(toRejectedMessage(rejectedRow('{"größer":"\\n'), 'logs_audit')).toEqual({
      receivedAt: AT,
      connectionId: 2 ** 40 + 7,
      path: '/audit',
      ipAddr: '',
      reason: 'refused_by_database_22P02',
      size: 15,
      head: Buffer.from('{"größer":"\\n'),
    });
    expect(toRejectedMessage(rejectedRow('{'), 'logs_expiring')).toMatchObject({ path: '/' });
  });

  it('is truncated to the same length as other rejected messages', () => {
    const rejected = toRejectedMessage(rejectedRow('a'.repeat(5000)), 'logs_expiring');
    expect(rejected).toMatchObject({ size: 5000, head: Buffer.from('a'.repeat(1024)) });
  });
});
