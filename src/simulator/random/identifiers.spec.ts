import { describe, expect, it } from 'vitest';
import { base58, hashOf, peerId, ss58Address } from './identifiers.js';
import { Random } from './random.js';

describe('identifiers', () => {
  it('writes base58 as the draft of its format does', () => {
    expect(base58(Buffer.from('Hello World!'))).toBe('2NEpo7TZRRrLZSi2U');
    expect(base58(Buffer.from('0000287fb4cd', 'hex'))).toBe('11233QC4');
    expect(base58(Buffer.alloc(0))).toBe('');
  });

  it('makes hashes, peer ids and addresses look like those of nodes', () => {
    const random = new Random('identifiers');
    expect(hashOf('a', 1)).toMatch(/^0x[0-9a-f]{64}$/);
    expect(peerId(random, 'key')).toMatch(/^12D3KooW[1-9A-HJ-NP-Za-km-z]{44}$/);
    expect(peerId(random, 'hash')).toMatch(/^Qm[1-9A-HJ-NP-Za-km-z]{44}$/);
    expect(ss58Address(random)).toMatch(/^5[1-9A-HJ-NP-Za-km-z]{47}$/);
  });
});
