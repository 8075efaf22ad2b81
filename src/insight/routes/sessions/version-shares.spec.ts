import { describe, expect, it } from 'vitest';
import { sharesOfChanges, sharesOfDays, type Version } from './version-shares.js';

const polkadot = (version: string): Version => ({ version, implementation: 'Polkadot' });
const OLD = polkadot('1.0');
const NEW = polkadot('1.1');
const OTHER: Version = { version: '1.0', implementation: 'Other' };

describe('the shares of versions', () => {
  it('follow the changes of nodes, within each implementation', () => {
    const before = new Map([
      [1, OLD],
      [2, OLD],
      [3, OTHER],
    ]);
    const changes = [
      { at: 15, node: 1, to: NEW },
      // The same again, and a node that comes.
      { at: 20, node: 1, to: NEW },
      { at: 25, node: 4, to: NEW },
      { at: 32, node: 2, to: null },
      { at: 99, node: 3, to: NEW },
    ];
    expect(sharesOfChanges(before, changes, [10, 20, 30, 40])).toEqual([
      { ...NEW, counts: [0, 1, 2, 2], share: 1, firstAt: 15, halfAt: 15, mostAt: 32 },
      { ...OTHER, counts: [1, 1, 1, 1], share: 1, firstAt: null, halfAt: null, mostAt: null },
      { ...OLD, counts: [2, 1, 1, 0], share: 0, firstAt: null, halfAt: null, mostAt: null },
    ]);
  });

  it('follow the days of nodes', () => {
    const rows = [
      { ...OLD, at: 1, nodes: 10 },
      { ...OLD, at: 2, nodes: 5 },
      { ...NEW, at: 2, nodes: 4 },
      { ...OLD, at: 3, nodes: 1 },
      { ...NEW, at: 3, nodes: 9 },
    ];
    const shares = sharesOfDays(rows, [1, 2, 3]);
    expect(shares.map(({ version, counts }) => [version, counts])).toEqual([
      ['1.1', [0, 4, 9]],
      ['1.0', [10, 5, 1]],
    ]);
    expect(shares[0]).toMatchObject({ firstAt: 2, halfAt: 3, mostAt: 3, share: 0.9 });
  });
});
