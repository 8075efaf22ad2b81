import { ApiProperty } from '@nestjs/swagger';
import { FlagOf, NumberOf, TextOf, TimeOf, WholeNumberOf } from '../platform/http/index.js';

const HASH = '0x91b171bb158e2d3848fa23a9f1c25182fb8e20313b2c1eb49219da7a70ce90c3';
const nullable = true;

/** What the nodes of a chain say together. */
class ChainState {
  @WholeNumberOf('Nodes that are connected.', { example: 297 })
  node_count!: number;

  @WholeNumberOf('Those of them that are validators.', { example: 120 })
  validator_count!: number;

  @WholeNumberOf(
    'The highest block that counts: nodes of two addresses report it or a higher one, or a third of the nodes that report heights, and two at least. The only node that reports any is believed.',
    { nullable, example: 21400123 },
  )
  best_height!: number | null;

  @TextOf('The hash of that block, by most of the nodes that are at it.', { nullable, example: HASH })
  best_hash!: string | null;

  @WholeNumberOf('The highest final block that counts, by the same rule.', { nullable, example: 21400120 })
  finalized_height!: number | null;

  @TextOf('', { nullable, example: HASH })
  finalized_hash!: string | null;

  @FlagOf('Only one node reports heights, so that nobody confirms them.')
  single_source!: boolean;

  @WholeNumberOf('Milliseconds between blocks that count, over the last 20.', { nullable, example: 6003 })
  average_block_time_ms!: number | null;

  @TimeOf('When the best block was first reported, by our clock.', { nullable })
  last_block_at!: string | null;
}

/** The same of all nodes that are shown. */
export class NetworkHeader extends ChainState {
  @WholeNumberOf('Nodes that are shown: fewer than `node_count` where there are more than 25,000.', {
    example: 297,
  })
  shown_count!: number;
}

/** A chain that connected nodes are on. Its heights are those of up to 16 nodes, where nobody follows it. */
export class Chain extends ChainState {
  @TextOf('What identifies it: its genesis hash, or `name:` and its name where its nodes send none.', {
    example: HASH,
  })
  network!: string;

  @TextOf('As most of its nodes call it.', { nullable, example: 'Polkadot' })
  name!: string | null;

  @TextOf('The hash of its first block; null where its nodes send none.', { nullable, example: HASH })
  genesis_hash!: string | null;
}

/**
 * A node that is connected, and the latest that it said of itself, on whichever of its open connections. What it is,
 * such as its name, is of the connection that was heard last. Texts are cut after 256 characters.
 */
export class NetworkNode {
  @WholeNumberOf(
    'The smallest id of its open connections. The node goes on under the next one when that connection ends.',
    { example: 4507997673881 },
  )
  id!: number;

  @TextOf('', { nullable, example: '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp' })
  peer_id!: string | null;

  @TextOf('The name that the node gives itself.', { nullable, example: 'alice' })
  name!: string | null;

  @FlagOf('It runs as a validator.', { nullable })
  authority!: boolean | null;

  @TextOf('', { nullable, example: 'Parity Polkadot' })
  implementation!: string | null;

  @TextOf('', { nullable, example: '1.16.1-835e0767fe8' })
  version!: string | null;

  @WholeNumberOf('Peers that it is connected to.', { nullable, example: 40 })
  peers!: number | null;

  @WholeNumberOf('Transactions that are ready in its pool.', { nullable, example: 12 })
  transactions!: number | null;

  @WholeNumberOf('Its best block.', { nullable, example: 21400123 })
  best_height!: number | null;

  @TextOf('', { nullable, example: HASH })
  best_hash!: string | null;

  @TimeOf('When it reported that block, by our clock.', { nullable })
  best_at!: string | null;

  @WholeNumberOf('The last block that is final for it.', { nullable, example: 21400120 })
  finalized_height!: number | null;

  @TextOf('', { nullable, example: HASH })
  finalized_hash!: string | null;

  @WholeNumberOf('Milliseconds between its last two heights, by our clock.', { nullable, example: 6012 })
  block_time_ms!: number | null;

  @WholeNumberOf(
    'By how many milliseconds it reported its best block later than the first node did, by our clock. Not known where it catches up with blocks of the past.',
    { nullable, example: 180 },
  )
  propagation_ms!: number | null;

  @NumberOf('Bytes a second.', { nullable, example: 18400 })
  upload!: number | null;

  @NumberOf('Bytes a second.', { nullable, example: 20310 })
  download!: number | null;

  @TimeOf('When it was last heard, by our clock.', { nullable })
  last_heard_at!: string | null;

  @WholeNumberOf('When the node was started, by its own clock: milliseconds since the epoch.', {
    nullable,
    example: 1767323045678,
  })
  startup_time!: number | null;

  @TimeOf('When the oldest of its open connections began.')
  connected_at!: string;

  @WholeNumberOf('Its open connections, of which the 16 newest are looked at, and that of its `id`.', {
    example: 1,
  })
  connections!: number;

  @FlagOf('Its open connections differ in name or start: several nodes have this peer id.')
  duplicate!: boolean;

  @FlagOf('Its best or final block is above the one that counts for the chain.')
  unconfirmed!: boolean;
}

/** The connected nodes of a chain. */
export class Network {
  @TextOf('What identifies the chain: its genesis hash, or `name:` and its name where its nodes send none.', {
    example: HASH,
  })
  network!: string;

  @TextOf('The hash of its first block; null where its nodes send none.', { nullable, example: HASH })
  genesis_hash!: string | null;

  @TextOf('As most of its nodes call it.', { nullable, example: 'Polkadot' })
  chain!: string | null;

  @TimeOf('What it shows is of this time, by the clock of the database. `since` of a subscription takes it.')
  as_of!: string;

  @ApiProperty({ type: NetworkHeader, description: 'What they say together.' })
  header!: NetworkHeader;

  @ApiProperty({ type: [NetworkNode], description: 'In the order of their ids.' })
  nodes!: NetworkNode[];

  @WholeNumberOf('The `cursor` of the next page; null where this is the last one.', {
    nullable,
    example: 4507997673881,
  })
  next_cursor!: number | null;
}
