import { describe, expect, it } from 'vitest';
import { keepJsonText } from './json-body.js';

function kept(json: string): string | undefined {
  const request = {} as Parameters<typeof keepJsonText>[0];
  keepJsonText(request, undefined, Buffer.from(json), 'utf-8');
  return request.jsonText;
}

describe('the text of a body', () => {
  it('is kept as it came', () => {
    const json = '{"balance": 1152921504606846976, "fee": 1.50, "name": "ä[[{\\"[\\\\"}';
    expect(kept(json)).toBe(json);
  });

  it('may be nested a hundred deep, and no deeper', () => {
    const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
    expect(kept(nested(100))).toBe(nested(100));
    expect(() => kept(nested(101))).toThrow('nested more than 100 deep');
    expect(() => kept(`{"a":${'{"b":'.repeat(100_000)}`)).toThrow('nested more than 100 deep');
    expect(kept(`["${'['.repeat(1000)}"]`)).toHaveLength(1004);
    expect(kept('[],'.repeat(1000))).toHaveLength(3000);
  });
});
