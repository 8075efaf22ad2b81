import type { Block } from '../chain.js';
import { hashOf } from '../random/random.js';
import type { MessageContent } from './message-types.js';

export type Consensus = 'babe' | 'aura';

export function startingAuthorship(slot: number, at: number): MessageContent {
  return { msg: 'slots.starting_authorship', fields: { slot_num: slot, timestamp: at } };
}

/** What an authority says of a block that it has made, before it imports it. */
export function authoredBlock(block: Block): MessageContent[] {
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
export function refusedBlock(parent: Block): MessageContent {
  return {
    msg: 'slots.err_with_block_built_on',
    fields: { hash: parent.hash, err: 'ClientImport("Unexpected epoch change")' },
  };
}

/** What a node says when the header of a block is found to be right. */
export function checkedHeader(block: Block, consensus: Consensus): MessageContent {
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

export type BlockOrigin = 'NetworkBroadcast' | 'NetworkInitialSync' | 'Own';

export function importedBlock(block: Block, origin: BlockOrigin): MessageContent {
  return { msg: 'block.import', fields: { best: block.hash, height: block.height, origin } };
}

/** Unlike in `block.import`, the height is a string. */
export function finalizedBlock(block: Block): MessageContent {
  return { msg: 'notify.finalized', fields: { best: block.hash, height: block.height.toString() } };
}

export function importedTransactions(ready: number, future: number): MessageContent {
  return { msg: 'txpool.import', fields: { ready, future } };
}

/** What an authority says once it knows the set that it votes in. */
export function authoritySet(
  authorityId: string,
  setId: number,
  authorities: readonly string[],
): MessageContent {
  return {
    msg: 'afg.authority_set',
    // The list is JSON inside a string.
    fields: {
      authority_id: authorityId,
      authority_set_id: setId.toString(),
      authorities: JSON.stringify(authorities),
    },
  };
}

/** A vote as a node hears it; the voter is JSON inside a string. */
export function receivedVote(kind: 'prevote' | 'precommit', voter: string, block: Block): MessageContent {
  return { msg: `afg.received_${kind}`, fields: { ...target(block), voter: `"${voter}"` } };
}

export function receivedCommit(signers: readonly string[], block: Block): MessageContent {
  const list = signers.map((signer) => `"${signer}"`).join(', ');
  return {
    msg: 'afg.received_commit',
    fields: { ...target(block), contains_precommits_signed_by: `[${list}]` },
  };
}

export function issuedCommit(block: Block): MessageContent {
  return { msg: 'afg.commit_issued', fields: target(block) };
}

export function announcedBlock(block: Block, round: number, setId: number): MessageContent {
  return {
    msg: 'afg.announcing_blocks_to_voted_peers',
    fields: { block: block.hash, round: round.toString(), set_id: setId.toString() },
  };
}

/** What the finality gadget of a node says of a finalised block; heights are strings here. */
export function finalizedUpTo(block: Block): MessageContent {
  return {
    msg: 'afg.finalized_blocks_up_to',
    fields: { hash: block.hash, number: block.height.toString() },
  };
}

/** The same from builds with the flat envelope, besides. */
export function finalizedByVotes(block: Block): MessageContent {
  return {
    msg: 'afg.finalized',
    fields: { finalized_hash: block.hash, finalized_number: block.height.toString() },
  };
}

function target(block: Block) {
  return { target_hash: block.hash, target_number: block.height.toString() };
}
