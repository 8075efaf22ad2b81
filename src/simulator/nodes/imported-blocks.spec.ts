import { describe, expect, it } from 'vitest';
import { type Block, Chain } from '../chain.js';
import { ImportedBlocks } from './imported-blocks.js';

const chain = new Chain({ name: 'A', seed: 1, slotMs: 6_000, startHeight: 100, startAt: 1_600_000_000_000 });
const base = chain.best;
const [left1, right1] = [chain.append(base.slot + 1, base), chain.append(base.slot + 1, base, 1)];
const right2 = chain.append(base.slot + 2, right1);

const imported = (blocks: ImportedBlocks, block: Block) =>
  blocks.import(block).map(({ block, becameBest }) => [block, becameBest]);

describe('ImportedBlocks', () => {
  it('selects the longest branch, and the first one of two that are as long', () => {
    const blocks = new ImportedBlocks(base);
    expect(imported(blocks, left1)).toEqual([[left1, true]]);
    expect(imported(blocks, right1)).toEqual([[right1, false]]);
    expect(blocks.best).toBe(left1);
    expect(imported(blocks, right2)).toEqual([[right2, true]]);
    expect(blocks.best).toBe(right2);
  });

  it('imports each block once, also those of a branch that it has left', () => {
    const blocks = new ImportedBlocks(base);
    for (const block of [left1, right1, right2]) blocks.import(block);
    for (const block of [base, left1, right1, right2]) expect(imported(blocks, block)).toEqual([]);
  });

  it('imports missing ancestors first; one at the height of the best block does not become the best', () => {
    const blocks = new ImportedBlocks(base);
    blocks.import(left1);
    expect(imported(blocks, right2)).toEqual([
      [right1, false],
      [right2, true],
    ]);
    const behind = new ImportedBlocks(base);
    expect(imported(behind, right2)).toEqual([
      [right1, true],
      [right2, true],
    ]);
  });
});
