import { timeOf } from '../../storage/index.js';
import type { BlockTimes } from './block-times.js';
import type { NodeState } from './node-state.js';

/** What the nodes of a chain say together: the fields of a NetworkHeader. */
export interface Header {
  node_count: number;
  validator_count: number;
  best_height: number | null;
  best_hash: string | null;
  finalized_height: number | null;
  finalized_hash: string | null;
  average_block_time_ms: number | null;
  last_block_at: string | null;
}

export function headerOf(nodes: Iterable<NodeState>, blocks: BlockTimes): Header {
  const header: Header = {
    node_count: 0,
    validator_count: 0,
    best_height: null,
    best_hash: null,
    finalized_height: null,
    finalized_hash: null,
    average_block_time_ms: blocks.average(),
    last_block_at: null,
  };
  let seenAt = Infinity;
  for (const node of nodes) {
    header.node_count += 1;
    if (node.get('authority') === true) header.validator_count += 1;
    const best = node.get('best_height');
    if (typeof best === 'number' && best >= (header.best_height ?? 0)) {
      if (best !== header.best_height) seenAt = Infinity;
      if (node.bestSeenAt < seenAt) {
        seenAt = node.bestSeenAt;
        header.best_hash = node.get('best_hash') as string | null;
      }
      header.best_height = best;
    }
    const finalized = node.get('finalized_height');
    if (typeof finalized === 'number' && finalized > (header.finalized_height ?? -1)) {
      header.finalized_height = finalized;
      header.finalized_hash = node.get('finalized_hash') as string | null;
    }
  }
  // Who reported it first may be gone.
  const at = Math.min(seenAt, blocks.heightSeen(header.best_height ?? NaN) ?? Infinity);
  if (Number.isFinite(at)) header.last_block_at = timeOf(at);
  return header;
}
