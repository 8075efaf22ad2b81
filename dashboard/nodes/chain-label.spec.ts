import { describe, expect, it } from 'vitest';
import { chainLabel, chainOf } from './chain-label.js';

const hash = (digit: string): string => `0x${digit.repeat(64)}`;
const chain = (name: string | null, genesis_hash: string | null) => ({
  network: genesis_hash ?? `name:${name ?? ''}`,
  name,
  genesis_hash,
});
const first = chain('Dev', hash('a'));
const second = chain('Dev', hash('b'));
const named = chain('Dev', null);
const unique = chain('Polkadot', hash('c'));
const all = [first, second, named, unique];

describe('chain labels', () => {
  it('distinguish chains of the same name by a prefix of the genesis hash', () => {
    expect(all.map((each) => chainLabel(each, all))).toEqual([
      'Dev 0xaaaaaaaa',
      'Dev 0xbbbbbbbb',
      'Dev (no genesis hash)',
      'Polkadot',
    ]);
    expect(chainLabel(first, [first, unique])).toBe('Dev');
    expect(chainLabel(chain(null, hash('d')), all)).toBe('0xdddddddd');
  });

  it('are found by hash, by `name:` and the name, or by a unique name', () => {
    const found = (text: string) => chainOf(text, all)?.network;
    expect(found(hash('b'))).toBe(hash('b'));
    expect(found(hash('B'))).toBe(hash('b'));
    expect(found('name:Dev')).toBe('name:Dev');
    expect(found('Polkadot')).toBe(hash('c'));
    expect(found('Dev')).toBeUndefined();
    expect(found('Nowhere')).toBeUndefined();
  });
});
