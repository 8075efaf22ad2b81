import { describe, expect, it } from 'vitest';
import { rejectedFrom } from './refused-row.js';

const ID = '0193c2a1-7e1f-7c3a-9d2e-5b6f7a8c9d0e';
const AT = Date.UTC(2026, 0, 2);
const refused = (line: string): { line: Buffer; sqlState: string } => ({
  line: Buffer.from(line),
  sqlState: '22P02',
});

describe('a row that the database refused', () => {
  it('is set aside with the message as it was sent', () => {
    const time = new Date(AT).toISOString();
    const row = refused(`${time}\t${time}\t${ID}\tmsg\t{"a":"\\\\n\n`);
    expect(rejectedFrom(row, 'logs_audit', 1)).toEqual({
      receivedAt: AT,
      connectionId: ID,
      path: '/audit',
      ipAddr: '',
      reason: 'refused_by_database_22P02',
      size: 8,
      head: Buffer.from('{"a":"\\n'),
    });
  });

  it('is not refused again for what made it be refused: its time, its connection, its number of columns', () => {
    expect(rejectedFrom(refused('no time\tno time\tno uuid\tmsg\t{}\n'), 'logs_expiring', AT)).toMatchObject({
      receivedAt: AT,
      connectionId: null,
      path: '/',
    });
    expect(rejectedFrom(refused('one column\n'), 'logs_expiring', AT)).toMatchObject({
      receivedAt: AT,
      connectionId: null,
      size: 11,
      head: Buffer.from('one column\n'),
    });
  });

  it('is kept up to the same length as any rejected message', () => {
    const row = refused(`x\tx\tx\tx\t${'a'.repeat(5000)}\n`);
    expect(rejectedFrom(row, 'logs_expiring', AT)).toMatchObject({ size: 5000 });
    expect(rejectedFrom(row, 'logs_expiring', AT).head).toHaveLength(1024);
  });
});
