import { isAscii } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type MessageHead, readTuple, splitTuples } from '../../storage/index.js';
import { parseFrame } from '../message/message.parser.js';
import { RowBlockBuilder } from './row-block-builder.js';

const heads: fc.Arbitrary<MessageHead> = fc.record({
  // From 1714 to 2255 numbers have every microsecond, also when they are counted from 2000.
  createdAt: fc.integer({ min: 946_684_800_000_000 - Number.MAX_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER }),
  receivedAt: fc.integer({ min: 0, max: 4_102_444_800_000_000 }),
  connectionId: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
  type: fc.nat({ max: 0x7fff }),
});
/** JSON in which every character beyond ASCII is an escape: what a hostile node can make of an ASCII frame. */
const escaped = (value: unknown): string =>
  JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
const text = fc.string({ unit: 'binary' }).filter((value) => !value.includes('\0'));
const frames = fc.oneof(
  fc.record({ msg: text, name: text }).map((message) => JSON.stringify(message)),
  fc.record({ msg: text, name: text }).map(escaped),
  fc.json({ maxDepth: 3 }).map((value) => `{"msg":"a","said":${value}}`),
);

/** The way of a frame into a block, as the intake goes it. */
function add(builder: RowBlockBuilder, head: MessageHead, frame: string): string | undefined {
  const parsed = parseFrame(Buffer.from(frame));
  if (parsed.kind === 'rejected') return undefined;
  const { logs, ascii } = parsed.message;
  builder.add(head, logs, ascii);
  return logs;
}

const logsOf = (tuples: Buffer): string[] =>
  splitTuples(tuples).map((tuple) => readTuple(tuple).logs.toString());

describe('RowBlockBuilder', () => {
  it('writes each message with its head, byte for byte', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(heads, frames), { maxLength: 5 }), (messages) => {
        const builder = new RowBlockBuilder();
        const sent = messages.flatMap(([head, frame]) => {
          const logs = add(builder, head, frame);
          return logs === undefined ? [] : [{ ...head, logs: Buffer.from(logs) }];
        });
        const { rows, tuples } = builder.build();
        expect(rows).toBe(sent.length);
        expect(splitTuples(tuples).map(readTuple)).toEqual(sent);
      }),
    );
  });

  it('is not confused by texts that look like tuples', () => {
    const builder = new RowBlockBuilder();
    const head = { createdAt: 0, receivedAt: 0, connectionId: 1, type: 1 };
    add(builder, head, '{"msg":"a"}');
    const tuple = builder.build().tuples.toString('latin1');
    const forged = escaped({ msg: tuple.replaceAll('\0', '\x01') + '\u0109\u010a\u015c\uffff' });
    const sent = [forged, '{"msg":"caf\u00e9"}', forged].map((frame) => add(builder, head, frame));
    expect(logsOf(builder.build().tuples)).toEqual(sent);
  });

  it('has the time range of its messages, rounded down to milliseconds', () => {
    fc.assert(
      fc.property(fc.array(heads, { minLength: 1, maxLength: 5 }), (some) => {
        const builder = new RowBlockBuilder();
        for (const head of some) builder.add(head, '{}', true);
        const times = some.map(({ createdAt }) => Math.floor(createdAt / 1000));
        expect(builder.build()).toMatchObject({ oldest: Math.min(...times), newest: Math.max(...times) });
      }),
    );
  });

  it('grows beyond its buffer, and returns parts without the journaled messages', () => {
    const head = { createdAt: 5_000, receivedAt: 6_000, connectionId: 2 ** 40 + 7, type: 17 };
    const builder = new RowBlockBuilder();
    const sent = Array.from(
      { length: 12 },
      (_, n) => `{"n":${n},"said":"${'xü'[n % 2]?.repeat(200_000) ?? ''}"}`,
    );
    for (const [n, logs] of sent.entries()) {
      builder.add(head, logs, isAscii(Buffer.from(logs)));
      if (n % 3 !== 2) continue;
      const part = builder.part();
      expect(part.rows).toBe(3);
      expect(logsOf(part.tuples)).toEqual(sent.slice(n - 2, n + 1));
      builder.partJournaled();
    }
    expect(builder.part()).toMatchObject({ rows: 0, tuples: Buffer.alloc(0) });
    expect(logsOf(builder.build().tuples)).toEqual(sent);
    builder.add(head, '{}', true);
    expect(splitTuples(builder.build().tuples).map(readTuple)).toEqual([
      { ...head, logs: Buffer.from('{}') },
    ]);
  });
});
