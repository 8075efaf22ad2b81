import { describe, expect, it } from 'vitest';
import { encodeMessage, formatTimestamp } from './envelope.js';

const ts = '2021-02-09T10:00:00.123456789+01:00';

describe('encodeMessage', () => {
  it('puts all fields at the top level of the flat envelope', () => {
    expect(encodeMessage({ form: 'flat' }, 'block.import', { height: 22 }, ts)).toBe(
      `{"msg":"block.import","level":"INFO","ts":"${ts}","height":22}`,
    );
  });

  it('nests the payload beside the id, in either order', () => {
    expect(encodeMessage({ form: 'nested', id: 2, payloadFirst: false }, 'a', { b: null }, ts)).toBe(
      `{"id":2,"ts":"${ts}","payload":{"msg":"a","b":null}}`,
    );
    expect(encodeMessage({ form: 'nested', id: 2, payloadFirst: true }, 'a', { b: [true] }, ts)).toBe(
      `{"payload":{"msg":"a","b":[true]},"ts":"${ts}","id":2}`,
    );
  });

  it('writes exact 64-bit numbers', () => {
    const id = 18_446_744_073_709_551_615n;
    expect(encodeMessage({ form: 'flat' }, 'tracing.profiling', { id }, ts)).toContain(
      '"id":18446744073709551615}',
    );
  });
});

describe('formatTimestamp', () => {
  const at = Date.UTC(2021, 1, 9, 9, 0, 0, 123);

  it('writes nanoseconds and the local time with its offset', () => {
    expect(formatTimestamp(at, 456_789, 60)).toBe('2021-02-09T10:00:00.123456789+01:00');
    expect(formatTimestamp(at, 7, 0)).toBe('2021-02-09T09:00:00.123000007+00:00');
    expect(formatTimestamp(at, 0, -210)).toBe('2021-02-09T05:30:00.123000000-03:30');
  });
});
