import type { Block } from '../chain/chain.js';
import type { Statement } from './statement.js';

/** What an authority says once it knows the set that it votes in. */
export function authoritySet(authorityId: string, setId: number, authorities: readonly string[]): Statement {
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
export function receivedVote(kind: 'prevote' | 'precommit', voter: string, block: Block): Statement {
  return { msg: `afg.received_${kind}`, fields: { ...target(block), voter: `"${voter}"` } };
}

export function receivedCommit(signers: readonly string[], block: Block): Statement {
  const list = signers.map((signer) => `"${signer}"`).join(', ');
  return {
    msg: 'afg.received_commit',
    fields: { ...target(block), contains_precommits_signed_by: `[${list}]` },
  };
}

export function issuedCommit(block: Block): Statement {
  return { msg: 'afg.commit_issued', fields: target(block) };
}

export function announcedBlock(block: Block, round: number, setId: number): Statement {
  return {
    msg: 'afg.announcing_blocks_to_voted_peers',
    fields: { block: block.hash, round: round.toString(), set_id: setId.toString() },
  };
}

/** What the finality gadget of a node says of a finalised block; heights are strings here. */
export function finalizedUpTo(block: Block): Statement {
  return {
    msg: 'afg.finalized_blocks_up_to',
    fields: { hash: block.hash, number: block.height.toString() },
  };
}

/** The same from builds with the flat envelope, besides. */
export function finalizedByVotes(block: Block): Statement {
  return {
    msg: 'afg.finalized',
    fields: { finalized_hash: block.hash, finalized_number: block.height.toString() },
  };
}

function target(block: Block) {
  return { target_hash: block.hash, target_number: block.height.toString() };
}
