import { describe, expect, it } from 'vitest';
import { COLUMNS, NAME } from './columns.js';
import { NO_NODE } from './network.js';
import { ordered } from './node-order.js';
import type { StoredNode } from './node-store.js';

const node = (id: number, name: string, peers: number | null): StoredNode => ({
  ...NO_NODE,
  id,
  peer_id: `Qm${name}`,
  name,
  peers,
  words: `${name}\nqm${name}`.toLowerCase(),
});
const PEERS = COLUMNS.find(({ name }) => name === 'peers') ?? NAME;
const nodes = [node(1, 'node-10', 3), node(2, 'Node-9', null), node(3, 'node-2', 12)];
const names = (list: StoredNode[]): (string | null)[] => list.map(({ name }) => name);

describe('the order of nodes', () => {
  it('is that of numbers in names, in upper and lower case', () => {
    const order = { column: NAME, descending: false };
    expect(names(ordered(nodes, '', order, new Set()))).toEqual(['node-2', 'Node-9', 'node-10']);
  });

  it('has those without a value last, both ways', () => {
    const by = (descending: boolean) => names(ordered(nodes, '', { column: PEERS, descending }, new Set()));
    expect(by(false)).toEqual(['node-10', 'node-2', 'Node-9']);
    expect(by(true)).toEqual(['node-2', 'node-10', 'Node-9']);
  });

  it('has pinned nodes first, and only those with every word', () => {
    const order = { column: PEERS, descending: true };
    expect(names(ordered(nodes, '', order, new Set(['QmNode-9'])))[0]).toBe('Node-9');
    expect(names(ordered(nodes, 'NODE qmnode-1', order, new Set()))).toEqual(['node-10']);
  });
});
