import type { Block } from '../chain/chain.js';
import { hashOf } from '../random/identifiers.js';
import type { Statement } from './statement.js';

export type Consensus = 'babe' | 'aura';

export function startingAuthorship(slot: number, at: number): Statement {
  return { msg: 'slots.starting_authorship', fields: { slot_num: slot, timestamp: at } };
}

/** What an authority says of a block that it has made, before it imports it. */
export function authoredBlock(block: Block): Statement[] {
  const number = block.height.toString();
  const unsealed = hashOf(block.hash, 'before the seal');
  return [
    { msg: 'prepared_block_for_proposing', fields: { hash: unsealed, number } },
    {
      msg: 'slots.pre_sealed_block',
      fields: { header_num: number, hash_now: block.hash, hash_previously: unsealed },
    },
  ];
}

/** What an authority says when its block was refused. */
export function refusedBlock(parent: Block): Statement {
  return {
    msg: 'slots.err_with_block_built_on',
    fields: { hash: parent.hash, err: 'ClientImport("Unexpected epoch change")' },
  };
}

/** What a node says when the header of a block is found to be right. */
export function checkedHeader(block: Block, consensus: Consensus): Statement {
  let preHeader = headers.get(block);
  if (preHeader === undefined) {
    preHeader = headerText(block, consensus);
    headers.set(block, preHeader);
  }
  return { msg: `${consensus}.checked_and_importing`, fields: { pre_header: preHeader } };
}

/** The same text goes to every node that imports the block. */
const headers = new WeakMap<Block, string>();

/** A header as Rust's debug format writes it. */
function headerText(block: Block, consensus: Consensus): string {
  const engine = [...Buffer.from(consensus.toUpperCase())].join(', ');
  const slot = Buffer.alloc(8);
  slot.writeBigUInt64LE(BigInt(block.slot));
  const claim =
    consensus === 'babe' ? Buffer.concat([Buffer.from([2, block.slot % 50, 0, 0, 0]), slot]) : slot;
  return (
    `Header { parent_hash: ${block.parentHash}, number: ${block.height}, ` +
    `state_root: ${hashOf(block.hash, 'state')}, extrinsics_root: ${hashOf(block.hash, 'extrinsics')}, ` +
    `digest: Digest { logs: [DigestItem::PreRuntime([${engine}], [${[...claim].join(', ')}])] } }`
  );
}
