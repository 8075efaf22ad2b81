import { describe, expect, it } from 'vitest';
import { chainKeyIn, chainKeyOf, genesisHashOf, isGenesisHash } from './chain-key.js';

const HASH = `0x${'9a'.repeat(32)}`;

describe('the key of a chain', () => {
  it('is its genesis hash, whatever its name', () => {
    expect(chainKeyOf({ genesisHash: HASH, chain: 'Development' })).toBe(HASH);
    expect(chainKeyOf({ genesisHash: HASH, chain: null })).toBe(HASH);
  });

  it('is its name with a prefix if there is no hash', () => {
    expect(chainKeyOf({ genesisHash: null, chain: 'Development' })).toBe('name:Development');
    expect(chainKeyOf({ genesisHash: null, chain: HASH })).toBe(`name:${HASH}`);
    expect(genesisHashOf(`name:${HASH}`)).toBeNull();
    expect(genesisHashOf(HASH)).toBe(HASH);
  });

  it('is null if a node reported neither', () => {
    expect(chainKeyOf({ genesisHash: null, chain: null })).toBeNull();
  });
});

describe('chainKeyIn', () => {
  it('returns a key, or undefined for the name of a chain', () => {
    expect(chainKeyIn(HASH.toUpperCase().replace('X', 'x'))).toBe(HASH);
    expect(chainKeyIn('name:Development')).toBe('name:Development');
    expect(chainKeyIn('Development')).toBeUndefined();
    expect(chainKeyIn('0x01')).toBeUndefined();
  });
});

describe('a genesis hash', () => {
  it.each([
    [HASH, true],
    [HASH.toUpperCase().replace('X', 'x'), true],
    ['0x01', false],
    [HASH.slice(2), false],
    [`${HASH}0`, false],
    ['Development', false],
  ])('%s: %s', (text, is) => {
    expect(isGenesisHash(text)).toBe(is);
  });
});
