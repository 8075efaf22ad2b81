import { describe, expect, it } from 'vitest';
import { placed } from './placed-delays.js';

describe('placed', () => {
  it('copies the delays of a block that all nodes were expected to import', () => {
    expect(placed('0,412,null', [1, 2, 5], [1, 2, 5])).toBe('0,412,null');
  });

  it('has −1 at the places of other nodes, wherever they are', () => {
    expect(placed('0,412', [2, 5], [1, 2, 3, 4, 5, 9])).toBe('-1,0,-1,-1,412,-1');
    expect(placed('7', [1], [1, 2])).toBe('7,-1');
    expect(placed('7', [2], [1, 2])).toBe('-1,7');
  });

  it('leaves out nodes that are not known any more', () => {
    expect(placed('10,20,30,40', [1, 2, 3, 9], [2, 4])).toBe('20,-1');
    expect(placed('10,20', [1, 3], [1, 3])).toBe('10,20');
    expect(placed('10,20,30', [1, 2, 3], [3])).toBe('30');
  });

  it('is empty without nodes', () => {
    expect(placed('', [], [])).toBe('');
    expect(placed('', [], [1, 2])).toBe('-1,-1');
  });
});
