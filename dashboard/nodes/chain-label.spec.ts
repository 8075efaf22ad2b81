import { describe, expect, it } from 'vitest';
import { chainLabel, chainOf } from './chain-label.js';

const hash = (digit: string): string => `0x${digit.repeat(64)}`;
const chain = (name: string | null, genesis_hash: string | null) => ({
  network: genesis_hash ?? `name:${name ?? ''}`,
  name,
  genesis_hash,
});
const one = chain('Dev', hash('a'));
const two = chain('Dev', hash('b'));
const named = chain('Dev', null);
const alone = chain('Polkadot', hash('c'));
const all = [one, two, named, alone];

describe('a chain', () => {
  it('is told apart from others of its name by the beginning of its hash', () => {
    expect(all.map((each) => chainLabel(each, all))).toEqual([
      'Dev 0xaaaaaaaa',
      'Dev 0xbbbbbbbb',
      'Dev (no genesis hash)',
      'Polkadot',
    ]);
    expect(chainLabel(one, [one, alone])).toBe('Dev');
    expect(chainLabel(chain(null, hash('d')), all)).toBe('0xdddddddd');
  });

  it('is meant by its hash, by name: and its name, or by a name that only one has', () => {
    const found = (text: string) => chainOf(text, all)?.network;
    expect(found(hash('b'))).toBe(hash('b'));
    expect(found(hash('B'))).toBe(hash('b'));
    expect(found('name:Dev')).toBe('name:Dev');
    expect(found('Polkadot')).toBe(hash('c'));
    expect(found('Dev')).toBeUndefined();
    expect(found('Nowhere')).toBeUndefined();
  });
});
