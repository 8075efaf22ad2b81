import type { StoredMessage } from 'tetcore-analytics';
import type { BlockKind } from './block.entity.js';

export interface ReportedBlock {
  /** What identifies the chain, and its name. */
  chainKey: string;
  chain: string | null;
  kind: BlockKind;
  height: number;
  hash: string;
  peerId: string | null;
}

const KINDS: Readonly<Record<string, BlockKind>> = {
  'block.import': 'best',
  'notify.finalized': 'finalized',
};

/** The types of messages about a block. */
export const BLOCK_TYPES: ReadonlySet<string> = new Set(Object.keys(KINDS));

/** The block of a message. Nodes may send anything: undefined if it is no block of a known chain. */
export function reportedBlock({ msg, node, payload }: StoredMessage): ReportedBlock | undefined {
  const kind = KINDS[msg ?? ''];
  const { best: hash } = payload;
  const height = heightOf(payload.height);
  if (kind === undefined || typeof node?.chainKey !== 'string' || height === undefined) return undefined;
  if (typeof hash !== 'string' || !/^0x[0-9a-f]{64}$/.test(hash)) return undefined;
  return { chainKey: node.chainKey, chain: node.chain, kind, height, hash, peerId: node.peerId };
}

/** A number, or digits, as `notify.finalized` has them. */
function heightOf(value: unknown): number | undefined {
  const height = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  return typeof height === 'number' && Number.isSafeInteger(height) && height >= 0 ? height : undefined;
}
