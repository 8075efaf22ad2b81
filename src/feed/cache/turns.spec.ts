import { describe, expect, it } from 'vitest';
import { FairQueueByAddress, type FeedClient, Turns } from './turns.js';

describe('Turns', () => {
  it('let who wants little pass who wants much', () => {
    const turns = new Turns<string>();
    const [much, little, late] = [{}, {}, {}];
    for (let n = 0; n < 5; n += 1) turns.add(much, `much ${n.toString()}`);
    turns.add(little, 'little 0');
    turns.add(much, 'much 0');
    const taken: string[] = [];
    for (let turn = turns.take(); turn !== undefined; turn = turns.take()) {
      taken.push(turn.item);
      if (turn.item === 'much 1') turns.add(late, 'late 0');
    }
    expect(taken).toEqual(['much 0', 'little 0', 'much 1', 'much 2', 'late 0', 'much 3', 'much 4']);
    expect(turns.take()).toBeUndefined();
  });
});

describe('FairQueueByAddress', () => {
  it('give many clients of one address the turns of one', () => {
    const turns = new FairQueueByAddress<string>();
    const client = (address: string): FeedClient => ({ address });
    for (let n = 0; n < 3; n += 1) turns.add(client('a'), `a${n.toString()}`);
    const busy = client('b');
    for (let n = 0; n < 3; n += 1) turns.add(busy, `b${n.toString()}`);
    turns.add(client('c'), 'c0');
    const taken: string[] = [];
    for (let turn = turns.take(); turn !== undefined; turn = turns.take()) taken.push(turn.item);
    expect(taken).toEqual(['a0', 'b0', 'c0', 'a1', 'b1', 'a2', 'b2']);
  });
});
