import { describe, expect, it } from 'vitest';
import { keptBytes } from '../../../test/support/kept-bytes.js';
import { copyText } from './json-scan.js';

/** A flat text, as that of a message. */
const large = (index: number): string => Buffer.alloc(500_000, `größer ${index} `).toString();

describe('copyText', () => {
  it('returns the same text', () => {
    for (const text of ['', 'a', 'größer Δ 区块 🦀', large(1).slice(7, 400)])
      expect(copyText(text)).toBe(text);
  });

  it('does not keep the whole text in memory, as a slice does', () => {
    expect(keptBytes(20, (index) => large(index).slice(10, 100))).toBeGreaterThan(400_000);
    expect(keptBytes(20, (index) => copyText(large(index).slice(10, 100)))).toBeLessThan(20_000);
  });
});
