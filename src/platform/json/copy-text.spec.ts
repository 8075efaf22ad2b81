import { describe, expect, it } from 'vitest';
import { keptBytes } from '../../../test/support/kept-bytes.js';
import { copyText } from './copy-text.js';

/** A text that is in one piece, as that of a message is. */
const large = (index: number): string => Buffer.alloc(500_000, `größer ${index} `).toString();

describe('a copy of a part of a text', () => {
  it('is the same text', () => {
    for (const text of ['', 'a', 'größer Δ 区块 🦀', large(1).slice(7, 400)])
      expect(copyText(text)).toBe(text);
  });

  it('does not hold the whole, as the part does', () => {
    expect(keptBytes(20, (index) => large(index).slice(10, 100))).toBeGreaterThan(400_000);
    expect(keptBytes(20, (index) => copyText(large(index).slice(10, 100)))).toBeLessThan(20_000);
  });
});
