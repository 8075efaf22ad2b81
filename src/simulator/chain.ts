import { hashOf } from './identifiers.js';

export interface Block {
  readonly height: number;
  readonly hash: string;
  readonly parentHash: string;
  /** The time slot in which it was made. */
  readonly slot: number;
}

export interface ChainOptions {
  name: string;
  seed: number;
  /** Milliseconds from one block to the next. */
  slotMs: number;
  /** The height that the chain has when the simulation begins. */
  startHeight: number;
  /** When the simulation begins: milliseconds since the epoch. */
  startAt: number;
}

/** Blocks below the finalised one that are kept, for nodes that are behind. */
const KEPT = 128;
const HISTORY = 64;

/** The tree of blocks of one chain, with its best and its last finalised block. */
export class Chain {
  readonly name: string;
  readonly slotMs: number;
  readonly genesisHash: string;
  private readonly blocks = new Map<string, Block>();
  private bestBlock: Block;
  private finalizedBlock: Block;

  constructor(private readonly options: ChainOptions) {
    this.name = options.name;
    this.slotMs = options.slotMs;
    this.genesisHash = hashOf(options.seed, options.name, 'genesis');
    const height = Math.max(0, options.startHeight - HISTORY);
    const slot = this.slotAt(options.startAt) - (options.startHeight - height);
    const root = {
      height,
      hash: height === 0 ? this.genesisHash : this.hash(height, 'root'),
      parentHash: '',
      slot,
    };
    this.blocks.set(root.hash, root);
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

  /** Adds a block on top of another, of the best one if none is given. The longest branch is the best. */
  append(slot: number, parent = this.bestBlock): Block {
    const height = parent.height + 1;
    const block = { height, hash: this.hash(height, parent.hash, slot), parentHash: parent.hash, slot };
    this.blocks.set(block.hash, block);
    if (height > this.bestBlock.height) this.bestBlock = block;
    return block;
  }

  /** The block of the best branch at a height; `undefined` when it is not there, or no more. */
  at(height: number): Block | undefined {
    let block: Block | undefined = this.bestBlock;
    while (block !== undefined && block.height > height) block = this.blocks.get(block.parentHash);
    return block?.height === height ? block : undefined;
  }

  /** Finalises the best branch up to a height; blocks far below are forgotten. */
  finalize(height: number): Block {
    const block = this.at(height);
    if (block !== undefined && height > this.finalizedBlock.height) this.finalizedBlock = block;
    for (const [hash, old] of this.blocks) {
      if (old.height >= this.finalizedBlock.height - KEPT) break;
      this.blocks.delete(hash);
    }
    return this.finalizedBlock;
  }

  private hash(height: number, ...parts: (string | number)[]): string {
    return hashOf(this.options.seed, this.options.name, height, ...parts);
  }
}
