import { describe, expect, it } from 'vitest';
import { isMissingPartition, isRejectedData, sqlStateOf } from './sql-state.js';

const failed = (code: unknown, more: object = {}): Error =>
  Object.assign(new Error('failed'), { code }, more);

describe('an error of the database', () => {
  it.each(['22P02', '22P04', '22P05', '22021', '22003', '22007', '54000', '54001'])(
    'with %s rejects the data',
    (code) => expect(isRejectedData(failed(code))).toBe(true),
  );

  it.each([
    ['2200H', 'no more ids'],
    ['23502', 'a column that is not ours'],
    ['23514', 'no partition, or a constraint that is not ours'],
    ['25006', 'a server that is read-only'],
    ['25P04', 'a transaction that took too long'],
    ['40001', 'another transaction was faster'],
    ['40P01', 'a deadlock'],
    ['42501', 'missing rights'],
    ['42P01', 'no schema'],
    ['53100', 'a full disk'],
    ['53200', 'no memory'],
    ['53300', 'too many connections'],
    ['55P03', 'a lock'],
    ['57014', 'a query that took too long'],
    ['57P01', 'an administrator'],
    ['57P03', 'a server that starts'],
    ['XX000', 'a bug'],
    ['ECONNRESET', 'the network'],
    ['', 'anything else'],
  ])('with %s, which means %s, may not occur in a retry', (code, _meaning) => {
    expect(isRejectedData(failed(code))).toBe(false);
  });

  it('is a missing partition only without the name of a constraint', () => {
    expect(isMissingPartition(failed('23514'))).toBe(true);
    expect(isMissingPartition(failed('23514', { constraint: 'mine' }))).toBe(false);
    expect(isMissingPartition(failed('23505'))).toBe(false);
  });

  it('has a SQLSTATE', () => {
    expect(sqlStateOf(failed('22P02'))).toBe('22P02');
    expect(sqlStateOf(failed('ENOTFOUND'))).toBeUndefined();
    expect(sqlStateOf({ code: '22P02' })).toBeUndefined();
    expect(sqlStateOf('22P02')).toBeUndefined();
  });
});
