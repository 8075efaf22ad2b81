import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatRow, parseRow, splitRows } from '../message/message-row.js';
import { parseFrame } from '../message/message.parser.js';
import { RowBlockBuilder } from './row-block-builder.js';

const TIME = '2026-11-24T10:00:00.000Z';
const CONNECTION = '0193a6a0-0000-7000-8000-000000000001';

/** The way of a frame into a block, as the intake goes it. */
function blockOf(frames: readonly string[]): {
  lines: Buffer[];
  sent: { msg: string | null; logs: string }[];
} {
  const builder = new RowBlockBuilder();
  const sent = frames.map((frame) => {
    const parsed = parseFrame(Buffer.from(frame));
    if (parsed.kind === 'rejected') throw new Error(`${parsed.reason}: ${frame}`);
    const { msg, logs, ascii } = parsed.message;
    builder.add({ ...formatRow(TIME, TIME, CONNECTION, msg, logs), ascii, createdAt: 0 });
    return { msg, logs };
  });
  return { lines: splitRows(builder.build().text), sent };
}

/** JSON in which every character beyond ASCII is an escape: what a hostile node can make of an ASCII frame. */
const escaped = (value: unknown): string =>
  JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

describe('a block of rows', () => {
  it('has one line a message, whatever characters their escapes stand for', () => {
    const text = fc.string({ unit: 'binary' }).filter((value) => !value.includes('\0'));
    const message = fc.record({ msg: text, name: text });
    fc.assert(
      fc.property(fc.array(message, { minLength: 1, maxLength: 5 }), fc.boolean(), (messages, plain) => {
        const { lines, sent } = blockOf(
          messages.map((value) => (plain ? JSON.stringify(value) : escaped(value))),
        );
        expect(lines).toHaveLength(messages.length);
        for (const [index, line] of lines.entries()) {
          expect(parseRow(line)).toMatchObject({ ...sent[index], peerConnectionId: CONNECTION });
        }
      }),
    );
  });

  it('cannot be given a second line by a type whose characters end in a newline, tab or backslash', () => {
    const forged = `x\u010a${TIME}\u0109${TIME}\u0109${CONNECTION}\u0109y\u0109{}\u015c`;
    const { lines, sent } = blockOf([escaped({ msg: forged }), escaped({ msg: 'caf\u00e9' })]);
    expect(lines).toHaveLength(2);
    expect(lines.map((line) => parseRow(line).msg)).toEqual(sent.map(({ msg }) => msg));
    expect(parseRow(lines[1] ?? '').msg).toBe('caf\u00e9');
  });
});
