import { describe, expect, it } from 'vitest';
import { COLUMNS, NAME } from './columns.js';
import { EMPTY_NODE } from './network.js';
import { filterAndSort } from './node-order.js';
import type { StoredNode } from './node-store.js';

const node = (id: number, name: string, peers: number | null): StoredNode => ({
  ...EMPTY_NODE,
  id,
  peer_id: `Qm${name}`,
  name,
  peers,
  searchText: `${name}\nqm${name}`.toLowerCase(),
});
const PEERS = COLUMNS.find(({ name }) => name === 'peers') ?? NAME;
const nodes = [node(1, 'node-10', 3), node(2, 'Node-9', null), node(3, 'node-2', 12)];
const names = (list: StoredNode[]): (string | null)[] => list.map(({ name }) => name);

describe('filterAndSort', () => {
  it('sorts numbers in names numerically, and ignores case', () => {
    const order = { column: NAME, descending: false };
    expect(names(filterAndSort(nodes, '', order, new Set()))).toEqual(['node-2', 'Node-9', 'node-10']);
  });

  it('puts nodes without a value last, in both directions', () => {
    const sortedBy = (descending: boolean) =>
      names(filterAndSort(nodes, '', { column: PEERS, descending }, new Set()));
    expect(sortedBy(false)).toEqual(['node-10', 'node-2', 'Node-9']);
    expect(sortedBy(true)).toEqual(['node-2', 'node-10', 'Node-9']);
  });

  it('puts pinned nodes first, and requires every word', () => {
    const order = { column: PEERS, descending: true };
    expect(names(filterAndSort(nodes, '', order, new Set(['QmNode-9'])))[0]).toBe('Node-9');
    expect(names(filterAndSort(nodes, 'NODE qmnode-1', order, new Set()))).toEqual(['node-10']);
  });
});
