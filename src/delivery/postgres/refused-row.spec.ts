import { describe, expect, it } from 'vitest';
import { row } from '../../../test/support/batches.js';
import { rejectedFrom } from './refused-row.js';
import type { RefusedRow } from './tolerant-copy.js';

const AT = Date.UTC(2026, 0, 2);
const refused = (logs: string): RefusedRow => ({
  tuple: row({ at: AT, connectionId: 2 ** 40 + 7, logs }).tuple,
  sqlState: '22P02',
});

describe('a row that the database refused', () => {
  it('is set aside with the message as it was sent', () => {
    expect(rejectedFrom(refused('{"größer":"\\n'), 'logs_audit')).toEqual({
      receivedAt: AT,
      connectionId: 2 ** 40 + 7,
      path: '/audit',
      ipAddr: '',
      reason: 'refused_by_database_22P02',
      size: 15,
      head: Buffer.from('{"größer":"\\n'),
    });
    expect(rejectedFrom(refused('{'), 'logs_expiring')).toMatchObject({ path: '/' });
  });

  it('is kept up to the same length as any rejected message', () => {
    const rejected = rejectedFrom(refused('a'.repeat(5000)), 'logs_expiring');
    expect(rejected).toMatchObject({ size: 5000, head: Buffer.from('a'.repeat(1024)) });
  });
});
