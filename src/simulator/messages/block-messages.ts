import type { Block } from '../chain/chain.js';
import type { Statement } from './statement.js';

export type BlockOrigin = 'NetworkBroadcast' | 'NetworkInitialSync' | 'Own';

export function importedBlock(block: Block, origin: BlockOrigin): Statement {
  return { msg: 'block.import', fields: { best: block.hash, height: block.height, origin } };
}

/** Unlike in `block.import`, the height is a string. */
export function finalizedBlock(block: Block): Statement {
  return { msg: 'notify.finalized', fields: { best: block.hash, height: block.height.toString() } };
}

export function importedTransactions(ready: number, future: number): Statement {
  return { msg: 'txpool.import', fields: { ready, future } };
}
