/** A block of a height that has several. */
export interface RivalBlock {
  height: number;
  hash: string;
  parent: string | null;
  /** Milliseconds or microseconds: only compared. */
  firstSeenAt: number;
  /** Null while its height is not final. */
  canonical: boolean | null;
  /** Nodes that imported it. */
  reporters: number;
}

/** Blocks that follow each other. */
export interface Branch<B extends RivalBlock> {
  /** The block below the first one; null if it is not known. */
  parent: string | null;
  /** By height, without gaps. */
  blocks: B[];
}

/** Branches from one block, of heights that follow each other. */
export interface Fork<B extends RivalBlock> {
  branches: Branch<B>[];
}

/**
 * The forks in blocks whose heights have rivals, by height. A fork ends below a height whose blocks all have the same
 * parent: the chain continues from one branch, perhaps with another fork.
 */
export function forksOf<B extends RivalBlock>(blocks: readonly B[]): Fork<B>[] {
  const heights = new Map<number, B[]>();
  for (const block of blocks) heights.set(block.height, [...(heights.get(block.height) ?? []), block]);
  const forks: Fork<B>[] = [];
  let fork: Fork<B> | undefined;
  let before = NaN;
  for (const [height, rivals] of [...heights].sort(([one], [other]) => one - other)) {
    if (
      fork === undefined ||
      height !== before + 1 ||
      new Set(rivals.map(({ parent }) => parent)).size === 1
    ) {
      fork = { branches: [] };
      forks.push(fork);
    }
    for (const block of rivals.toSorted(byRank)) prolong(fork, block);
    before = height;
  }
  return forks;
}

/** The branch that ends with its parent gets the block, the first of several that have this parent; others begin one. */
function prolong<B extends RivalBlock>({ branches }: Fork<B>, block: B): void {
  const branch = branches.find(({ blocks }) => {
    const tip = blocks.at(-1);
    return tip?.height === block.height - 1 && tip.hash === block.parent;
  });
  if (branch === undefined) branches.push({ parent: block.parent, blocks: [block] });
  else branch.blocks.push(block);
}

/** The final one first, then the one that most nodes imported. */
function byRank(one: RivalBlock, other: RivalBlock): number {
  return (
    Number(other.canonical) - Number(one.canonical) ||
    other.reporters - one.reporters ||
    (one.hash < other.hash ? -1 : 1)
  );
}

/** How many blocks the longest branch has that lost; of an undecided fork, all but the longest one. A lower bound. */
export function depthOf({ branches }: Fork<RivalBlock>): number {
  const lost = branches.map(({ blocks }) => blocks.filter(({ canonical }) => canonical !== true).length);
  if (branches.some(({ blocks }) => blocks.some(({ canonical }) => canonical === true)))
    return Math.max(...lost);
  return lost.toSorted((one, other) => other - one)[1] ?? 0;
}
