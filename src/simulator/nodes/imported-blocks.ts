import { type Block, isIn } from '../chain.js';

/** Maximum number of imported blocks of other branches that a node remembers. */
const MAX_REMEMBERED = 16;

/** A block that a node has just imported. */
interface Import {
  readonly block: Block;
  /** Whether the block became the node's best one. */
  readonly becameBest: boolean;
}

/** What a node has imported: its best branch, and the last blocks beside it. */
export class ImportedBlocks {
  private bestBlock: Block;
  private readonly besideBest: Block[] = [];

  constructor(best: Block) {
    this.bestBlock = best;
  }

  get best(): Block {
    return this.bestBlock;
  }

  /** Continues from another best block. */
  beginAt(best: Block): void {
    this.bestBlock = best;
  }

  /**
   * Imports a block; the longest branch becomes the best one.
   *
   * @returns what was new, in order: missing ancestors, and the block
   */
  import(block: Block): Import[] {
    if (block.height <= this.best.height) {
      if (isIn(block, this.best) || this.besideBest.includes(block)) return [];
      this.remember(block);
      return [{ block, becameBest: false }];
    }
    const { parent } = block;
    let ancestors: Import[] = [];
    if (parent !== undefined && parent !== this.best) {
      ancestors = this.import(parent);
      if (!isIn(this.best, block)) this.remember(this.best);
    }
    this.bestBlock = block;
    return [...ancestors, { block, becameBest: true }];
  }

  private remember(block: Block): void {
    if (this.besideBest.push(block) > MAX_REMEMBERED) this.besideBest.shift();
  }
}
