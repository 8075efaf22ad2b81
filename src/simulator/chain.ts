import { hashOf } from './random/random.js';

export interface Block {
  readonly height: number;
  readonly hash: string;
  readonly parentHash: string;
  /** The parent block; `undefined` if it has been pruned. */
  parent: Block | undefined;
  /** The time slot in which it was authored. */
  readonly slot: number;
}

interface ChainOptions {
  name: string;
  /** Seed of the hashes, unique for each chain; default: the name. */
  id?: string;
  seed: number;
  /** Milliseconds between blocks. */
  slotMs: number;
  /** Height at the start of the simulation. */
  startHeight: number;
  /** Start of the simulation: milliseconds since the epoch. */
  startAt: number;
  /** Number of blocks below the finalized one that are kept for nodes that are behind; default: 128. */
  kept?: number;
}

/** The tree of blocks of one chain, with its best and its last finalised block. */
export class Chain {
  readonly name: string;
  readonly slotMs: number;
  readonly genesisHash: string;
  /** The blocks of the best branch, by height. */
  private readonly branch = new Map<number, Block>();
  private readonly kept: number;
  private lowest: number;
  private bestBlock: Block;
  private finalizedBlock: Block;

  constructor(private readonly options: ChainOptions) {
    this.name = options.name;
    this.slotMs = options.slotMs;
    this.kept = options.kept ?? 128;
    this.genesisHash = hashOf(options.seed, options.id ?? options.name, 'genesis');
    const height = Math.max(0, options.startHeight - this.kept);
    const slot = this.slotAt(options.startAt) - (options.startHeight - height);
    const hash = height === 0 ? this.genesisHash : this.hash(height, 'root');
    const root: Block = { height, hash, parentHash: '', parent: undefined, slot };
    this.lowest = height;
    this.branch.set(height, root);
    this.bestBlock = root;
    this.finalizedBlock = root;
    while (this.best.height < options.startHeight) this.append(this.best.slot + 1);
    this.finalize(options.startHeight - 2);
  }

  get best(): Block {
    return this.bestBlock;
  }

  get finalized(): Block {
    return this.finalizedBlock;
  }

  /** The number of the slot that a time falls into. */
  slotAt(at: number): number {
    return Math.floor(at / this.slotMs);
  }

  /**
   * Adds a block on top of another, of the best one if none is given. The longest branch is the best; of two that are
   * as long, the one that was first.
   *
   * @param rival tells apart blocks of one slot with one parent
   */
  append(slot: number, parent = this.bestBlock, rival = 0): Block {
    const height = parent.height + 1;
    const hash = this.hash(height, parent.hash, slot, rival);
    const block: Block = { height, hash, parentHash: parent.hash, parent, slot };
    if (height > this.bestBlock.height) this.moveTo(block);
    return block;
  }

  /** The block of the best branch at a height; `undefined` when it is not there, or no more. */
  at(height: number): Block | undefined {
    return this.branch.get(height);
  }

  /** The block of the best branch at a height, or the nearest one that is there. */
  nearest(height: number): Block {
    return this.at(Math.max(height, this.lowest)) ?? this.bestBlock;
  }

  /** Finalises the best branch up to a height; blocks far below are forgotten. */
  finalize(height: number): Block {
    const block = this.at(height);
    if (block !== undefined && height > this.finalizedBlock.height) this.finalizedBlock = block;
    while (this.lowest < this.finalizedBlock.height - this.kept) {
      this.branch.delete(this.lowest);
      this.lowest += 1;
      const lowest = this.branch.get(this.lowest);
      if (lowest !== undefined) lowest.parent = undefined;
    }
    return this.finalizedBlock;
  }

  private moveTo(best: Block): void {
    this.bestBlock = best;
    for (let block: Block | undefined = best; block !== undefined; block = block.parent) {
      if (this.branch.get(block.height) === block) return;
      this.branch.set(block.height, block);
    }
  }

  private hash(height: number, ...parts: (string | number)[]): string {
    const { seed, name, id = name } = this.options;
    return hashOf(seed, id, height, ...parts);
  }
}

/** Whether a block is the other one or lies below it. */
export function isIn(block: Block, branch: Block): boolean {
  let other: Block | undefined = branch;
  while (other !== undefined && other.height > block.height) other = other.parent;
  return other === block;
}
