import { ApiProperty } from '@nestjs/swagger';
import { FlagOf, NumberOf, TextOf, TimeOf, WholeNumberOf } from '../http/index.js';

const HASH = '0x91b171bb158e2d3848fa23a9f1c25182fb8e20313b2c1eb49219da7a70ce90c3';
const nullable = true;

/** What the nodes of a chain say together. */
export class NetworkHeader {
  @WholeNumberOf('Nodes that are connected.', { example: 297 })
  node_count!: number;

  @WholeNumberOf('Those of them that are validators.', { example: 120 })
  validator_count!: number;

  @WholeNumberOf('The highest block that a node reports.', { nullable, example: 21400123 })
  best_height!: number | null;

  @TextOf('The hash of that block, by the node that reported it first.', { nullable, example: HASH })
  best_hash!: string | null;

  @WholeNumberOf('The highest block that a node reports as final.', { nullable, example: 21400120 })
  finalized_height!: number | null;

  @TextOf('', { nullable, example: HASH })
  finalized_hash!: string | null;

  @WholeNumberOf('Milliseconds between blocks, over the last 20.', { nullable, example: 6003 })
  average_block_time_ms!: number | null;

  @TimeOf('When the best block was first reported, by our clock.', { nullable })
  last_block_at!: string | null;
}

/** A chain that connected nodes are on. */
export class Chain extends NetworkHeader {
  @TextOf('As its nodes call it.', { example: 'Polkadot' })
  name!: string;

  @TextOf('The hash of its first block, by most of its nodes.', { nullable, example: HASH })
  genesis_hash!: string | null;
}

/** A node that is connected, and the latest that it said of itself. Texts are cut after 256 characters. */
export class NetworkNode {
  @WholeNumberOf('Its connection: the newest one, where it has several.', { example: 4507997673881 })
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

  @TimeOf('When the connection began.')
  connected_at!: string;
}

/** The connected nodes of a chain. */
export class Network {
  @TextOf('The chain.', { example: 'Polkadot' })
  network!: string;

  @TimeOf('What it shows is of this time, by the clock of the database. `since` of a subscription takes it.')
  as_of!: string;

  @ApiProperty({ type: NetworkHeader, description: 'What they say together.' })
  header!: NetworkHeader;

  @ApiProperty({ type: [NetworkNode], description: 'In no order.' })
  nodes!: NetworkNode[];
}
