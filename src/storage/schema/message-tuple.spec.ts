import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renumbered } from './connection-id.js';
import {
  type MessageHead,
  type MessageRow,
  messageTuple,
  msgOf,
  readTuple,
  renumberTuples,
  splitTuples,
} from './message-tuple.js';

const EPOCH_2000_US = 946_684_800_000_000;

const rows: fc.Arbitrary<MessageRow> = fc.record({
  createdAt: fc.integer({ min: EPOCH_2000_US - Number.MAX_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER }),
  receivedAt: fc.integer({ min: EPOCH_2000_US - Number.MAX_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER }),
  connectionId: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
  type: fc.nat({ max: 0x7fff }),
  logs: fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array)),
});

function tupleOf({ logs, ...head }: MessageHead & { logs: Buffer }): Buffer {
  return messageTuple(head, logs);
}

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');

describe('a tuple', () => {
  it('has the layout that PostgreSQL documents', () => {
    const tuple = tupleOf({
      createdAt: EPOCH_2000_US + 1,
      receivedAt: EPOCH_2000_US - 1,
      connectionId: 3 * 2 ** 32 + 0xfffffffe,
      type: 17,
      logs: Buffer.from('{}'),
    });
    expect(tuple).toEqual(
      hex(`0006
        00000008 0000000000000001
        00000008 ffffffffffffffff
        00000004 00000003
        00000008 00000003fffffffe
        00000002 0011
        00000003 01 7b7d`),
    );
  });

  it('returns its message', () => {
    fc.assert(
      fc.property(rows, (row) => {
        expect(readTuple(tupleOf(row))).toEqual(row);
      }),
    );
  });

  it('is found among others, whatever their bytes', () => {
    fc.assert(
      fc.property(fc.array(rows, { maxLength: 6 }), (some) => {
        const tuples = Buffer.concat(some.map(tupleOf));
        expect(splitTuples(tuples)).toEqual(some.map(tupleOf));
      }),
    );
  });

  it('has another number in collector and connection once it is renumbered, in a copy', () => {
    const numbers = fc.integer({ min: 1, max: 2 ** 21 - 1 });
    fc.assert(
      fc.property(fc.array(rows, { maxLength: 6 }), numbers, (some, number) => {
        const before = Buffer.concat(some.map(tupleOf));
        const after = renumberTuples(before, number);
        expect(splitTuples(after)).toEqual(
          some.map((row) => tupleOf({ ...row, connectionId: renumbered(row.connectionId, number) })),
        );
        expect(before).toEqual(Buffer.concat(some.map(tupleOf)));
      }),
    );
  });
});

describe('the type of a message', () => {
  it.each([
    [0, '{"a":1}', null],
    [17, '{"msg":"block.import"}', 'block.import'],
    [1, '{"msg":"größer","n":1}', 'größer'],
    [1, '{"msg":"a","msg":"b"}', 'b'],
    [1, '{"msg":1}', null],
    // A later version gave it a number.
    [999, '{"msg":"later"}', null],
  ])('by the number %i in %s is %s', (type, logs, msg) => {
    expect(msgOf({ type, logs: Buffer.from(logs) })).toBe(msg);
  });
});
