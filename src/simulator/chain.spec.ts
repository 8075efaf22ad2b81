import { describe, expect, it } from 'vitest';
import { Chain } from './chain.js';

const makeChain = (seed = 1, startHeight = 1000) =>
  new Chain({ name: 'Simnet', seed, slotMs: 6000, startHeight, startAt: 1_600_000_000_000 });

describe('Chain', () => {
  it('starts at its height with earlier blocks', () => {
    const chain = makeChain();
    expect(chain.best.height).toBe(1000);
    expect(chain.finalized.height).toBe(998);
    expect(chain.at(999)?.hash).toBe(chain.best.parentHash);
    expect(chain.at(1)).toBeUndefined();
  });

  it('has different hashes for another seed', () => {
    expect(makeChain(1).best.hash).toBe(makeChain(1).best.hash);
    expect(makeChain(2).best.hash).not.toBe(makeChain(1).best.hash);
  });

  it('selects the longest branch, and keeps it for a branch of equal length', () => {
    const chain = makeChain();
    const fork = chain.best;
    const first = chain.append(fork.slot + 1);
    const second = chain.append(fork.slot + 2, fork);
    expect(second.hash).not.toBe(first.hash);
    expect(chain.best).toBe(first);
    const third = chain.append(fork.slot + 3, second);
    expect(chain.best).toBe(third);
    expect(chain.at(1001)).toBe(second);
  });

  it('prunes blocks far below the finalized block', () => {
    const chain = makeChain();
    for (let count = 0; count < 300; count += 1) chain.append(chain.best.slot + 1);
    chain.finalize(1290);
    expect(chain.finalized.height).toBe(1290);
    expect(chain.at(1162)?.height).toBe(1162);
    expect(chain.at(1161)).toBeUndefined();
  });

  it('starts at genesis', () => {
    const chain = makeChain(1, 0);
    expect(chain.best).toMatchObject({ height: 0, hash: chain.genesisHash });
    expect(chain.finalized.height).toBe(0);
  });
});
