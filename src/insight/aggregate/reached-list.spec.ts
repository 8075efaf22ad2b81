import { describe, expect, it } from 'vitest';
import { type NodeReached, ReachedList } from './reached-list.js';

const MESSAGES: readonly NodeReached[] = [
  { node: 7, at: 10, best: null, finalized: null },
  { node: 7, at: 20, best: null, finalized: 4 },
  { node: 7, at: 20, best: 0, finalized: 3 },
  { node: 8, at: 20, best: 5, finalized: null },
  { node: 8, at: 20, best: 5, finalized: 2 },
  { node: 9, at: 21, best: 2 ** 50, finalized: 1 },
];

describe('ReachedList', () => {
  it('has messages by time, whatever the order in which they are added', () => {
    for (const order of [MESSAGES, MESSAGES.toReversed()]) {
      const list = new ReachedList();
      for (const { node, ...reached } of order) list.add(node, reached);
      expect([...list.inOrder()]).toEqual(MESSAGES);
    }
  });
});
