import { describe, expect, it } from 'vitest';
import { readGenesis } from './run-import.js';

const HASH = `0x${'aB'.repeat(32)}`;

describe('--genesis', () => {
  it('gives hashes in lower case by the name of the chain, whatever is in a name', () => {
    expect(readGenesis([])).toEqual(new Map());
    expect(readGenesis([`Kusama=${HASH}`, `a = b=${HASH}`])).toEqual(
      new Map([
        ['Kusama', HASH.toLowerCase()],
        ['a = b', HASH.toLowerCase()],
      ]),
    );
  });

  it.each([['Kusama'], [`=${HASH}`], ['Kusama=0x01'], [`Kusama=${HASH.slice(2)}`], [HASH]])(
    'refuses %s',
    (text) => {
      expect(readGenesis([text])).toContain('NAME=HASH');
    },
  );

  it('refuses a name that is given twice', () => {
    expect(readGenesis([`Kusama=${HASH}`, `Kusama=${HASH}`])).toContain('must not repeat');
  });
});
