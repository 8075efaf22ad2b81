import {
  ApiInteger,
  ApiString,
  ApiStringList,
  ApiTimestamp,
  LimitParameter,
} from '../platform/http/index.js';

const nullable = true;
const HASH = '0x91b171bb158e2d3848fa23a9f1c25182fb8e20313b2c1eb49219da7a70ce90c3';
const DEFAULT_CHAINS = 1_000;

/** Parameters of `GET /chains`. */
export class KnownChainsQuery {
  @LimitParameter(DEFAULT_CHAINS)
  limit = DEFAULT_CHAINS;
}

/** A chain that has or had nodes. */
export class KnownChain {
  @ApiString('Identifier of the chain: its genesis hash, or `name:` and its name if its nodes send none.', {
    example: HASH,
  })
  network!: string;

  @ApiString('The hash of its first block. Null if its nodes send none.', { nullable, example: HASH })
  genesis_hash!: string | null;

  @ApiString('The name that most of its connected nodes use, or that a node stated last.', {
    nullable,
    example: 'Polkadot',
  })
  name!: string | null;

  @ApiStringList('Others of the first 16 names that nodes stated.')
  other_names!: string[];

  @ApiInteger('Connected nodes.', { example: 297 })
  node_count!: number;

  @ApiInteger('Connected validators.', { example: 120 })
  validator_count!: number;

  @ApiInteger(
    'The highest confirmed block: see `GET /network`. Of a chain that has none there, the median of its nodes in their last minute.',
    { nullable, example: 21400123 },
  )
  best_height!: number | null;

  @ApiInteger('The same for finalized blocks.', { nullable, example: 21400120 })
  finalized_height!: number | null;

  @ApiTimestamp('When its first message was received. Null for up to half a minute.', { nullable })
  first_seen_at!: string | null;

  @ApiTimestamp('When its last message was received: up to five minutes behind.', { nullable })
  last_seen_at!: string | null;
}
