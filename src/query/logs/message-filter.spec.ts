import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseFrame } from '../../telemetry/index.js';
import { MSG_COLUMN_LENGTH, msgColumn } from './message-filter.js';

/** Null where the message cannot be stored. */
function storedColumn(msg: string): string | null {
  const parsed = parseFrame(Buffer.from(JSON.stringify({ msg })));
  return parsed.kind === 'message' ? parsed.message.msg : null;
}

describe('the column of a type', () => {
  it('is asked for as it is stored, however long the type is', () => {
    expect(storedColumn('x'.repeat(1000))).toHaveLength(MSG_COLUMN_LENGTH);
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300, size: 'max' }), (msg) => {
        const stored = storedColumn(msg);
        fc.pre(stored !== null);
        expect(msgColumn(msg)).toBe(stored);
      }),
    );
  });
});
