import { describe, expect, it } from 'vitest';
import { keptBytes } from '../../../test/support/kept-bytes.js';
import { NodeIndex } from './node-index.js';

/** Numbers that are close to each other, and some that are not. */
const NODES = Array.from({ length: 5_000 }, (_, index) =>
  index % 5 === 0 ? (index * 429_497) % 2 ** 31 : index,
);

function indexOf(nodes: readonly number[]): NodeIndex {
  const index = new NodeIndex();
  for (const node of nodes) index.add(node);
  return index;
}

describe('NodeIndex', () => {
  it('numbers nodes in the order in which they are added, once each', () => {
    const index = new NodeIndex();
    const rows = new Map<number, number>();
    for (const node of NODES) {
      expect(index.rowOf(node)).toBe(rows.get(node));
      if (!rows.has(node)) rows.set(node, rows.size);
      expect(index.add(node)).toBe(rows.get(node));
    }
    expect(index.size).toBe(rows.size);
    for (const [node, row] of rows) {
      expect(index.add(node)).toBe(row);
      expect(index.rowOf(node)).toBe(row);
      expect(index.nodeOf(row)).toBe(node);
    }
    expect(index.size).toBe(rows.size);
    expect(index.rowOf(2 ** 31 - 1)).toBeUndefined();
  });

  it('takes 25 bytes a node at most', () => {
    expect(keptBytes(20, () => indexOf(NODES)) / NODES.length).toBeLessThan(25);
  });
});
