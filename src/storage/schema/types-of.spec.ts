import { describe, expect, it } from 'vitest';
import { OTHER_TYPE, typesOf } from './message-types.js';

describe('typesOf', () => {
  it('returns numbers, and names only of types without a number', () => {
    expect(typesOf(['block.import', 'x.one', 'system.interval', 'x.two', 'x.one', 'block.import'])).toEqual({
      numbers: [17, OTHER_TYPE, 16],
      others: ['x.one', 'x.two'],
    });
    expect(typesOf(['system.connected'])).toEqual({ numbers: [2], others: [] });
    expect(typesOf([])).toEqual({ numbers: [], others: [] });
  });
});
