import type { Block } from './chain.js';
import type { JsonObject } from './exact-json.js';
import { hashOf } from './identifiers.js';

/** A message before it is wrapped. */
export interface Statement {
  readonly msg: string;
  readonly fields: JsonObject;
}

/** What an authority says once it knows the set that it votes in. */
export function authoritySet(authorityId: string, authorities: readonly string[]): Statement {
  return {
    msg: 'afg.authority_set',
    // The list is JSON inside a string.
    fields: { authority_id: authorityId, authority_set_id: '0', authorities: JSON.stringify(authorities) },
  };
}

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

export function importedBlock(block: Block, origin: BlockOrigin): Statement {
  return { msg: 'block.import', fields: { best: block.hash, height: block.height, origin } };
}

export type BlockOrigin = 'NetworkBroadcast' | 'NetworkInitialSync' | 'Own';

/** What a node says of a finalised block; heights are strings here. */
export function finalizedBlock(block: Block, isAuthority: boolean): Statement[] {
  const height = block.height.toString();
  const finalized = { msg: 'notify.finalized', fields: { best: block.hash, height } };
  if (!isAuthority) return [finalized];
  return [{ msg: 'afg.finalized_blocks_up_to', fields: { hash: block.hash, number: height } }, finalized];
}
