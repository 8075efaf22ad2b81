import { describe, expect, it } from 'vitest';
import { depthOf, forksOf, type RivalBlock } from './fork-branches.js';

const block = (
  name: string,
  parent: string | null,
  canonical: boolean | null,
  reporters = 5,
): RivalBlock => ({
  height: Number(name.slice(1)),
  hash: name,
  parent,
  firstSeenAt: 0,
  canonical,
  reporters,
});
const names = (blocks: readonly RivalBlock[]): string[][][] =>
  forksOf(blocks).map(({ branches }) => branches.map(({ blocks: all }) => all.map(({ hash }) => hash)));

describe('forksOf', () => {
  it('follows two branches from the block on which both are built', () => {
    const blocks = [
      block('a5', 'a4', true),
      block('b5', 'a4', false),
      block('b6', 'b5', false),
      block('a6', 'a5', true),
    ];
    expect(names(blocks)).toEqual([
      [
        ['a5', 'a6'],
        ['b5', 'b6'],
      ],
    ]);
    expect(forksOf(blocks).map(depthOf)).toEqual([2]);
  });

  it('tells a fork from one that follows it at once', () => {
    const blocks = [
      block('a5', 'a4', true),
      block('b5', 'a4', false),
      block('a6', 'a5', true),
      block('c6', 'a5', false),
    ];
    expect(names(blocks)).toEqual([
      [['a5'], ['b5']],
      [['a6'], ['c6']],
    ]);
  });

  it('begins a branch where a branch forks again, and where a parent is not known', () => {
    const blocks = [
      block('a5', 'a4', true),
      block('b5', 'a4', false),
      block('a6', 'a5', true, 3),
      block('b6', 'b5', false, 1),
      block('c6', 'b5', false, 4),
      block('d6', null, false, 1),
    ];
    expect(names(blocks)).toEqual([[['a5', 'a6'], ['b5', 'c6'], ['b6'], ['d6']]]);
  });

  it('does not join heights that have others between them', () => {
    expect(
      names([
        block('a5', 'a4', true),
        block('b5', 'a4', false),
        block('a7', 'a6', true),
        block('b7', 'b6', false),
      ]),
    ).toEqual([
      [['a5'], ['b5']],
      [['a7'], ['b7']],
    ]);
  });

  it('has the depth of the shorter branch while nothing is decided', () => {
    const blocks = [block('a5', 'a4', null), block('b5', 'a4', null), block('c5', 'a4', null)];
    expect(forksOf(blocks).map(depthOf)).toEqual([1]);
  });
});
