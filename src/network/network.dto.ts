import { ApiProperty } from '@nestjs/swagger';
import {
  ApiBoolean,
  ApiInteger,
  ApiNumber,
  ApiString,
  ApiTimestamp,
  IntegerParameter,
} from '../platform/http/index.js';
import type { ConnectedStatus } from './status/status.js';

/** The fields of a NetworkNode, in the order in which they are sent. */
export const NODE_FIELDS = [
  'peer_id',
  'name',
  'authority',
  'implementation',
  'version',
  'peers',
  'transactions',
  'best_height',
  'best_hash',
  'best_at',
  'finalized_height',
  'finalized_hash',
  'block_time_ms',
  'propagation_ms',
  'upload',
  'download',
  'last_heard_at',
  'startup_time',
  'connected_at',
  'connections',
  'duplicate',
  'unconfirmed',
  'status',
  'status_since',
  'clock_wrong',
] as const;
export type NodeField = (typeof NODE_FIELDS)[number];
export type FieldValue = string | number | boolean | null;

const DEFAULT_PAGE = 1_000;
const MAX_PAGE = 5_000;

/** Parameters of `GET /network/{chain}`. */
export class NetworkQuery {
  @IntegerParameter({ min: 1, max: MAX_PAGE, description: 'Maximum number of nodes.', default: DEFAULT_PAGE })
  limit = DEFAULT_PAGE;

  @IntegerParameter({
    min: 1,
    max: Number.MAX_SAFE_INTEGER,
    description: 'Continues after a node: the `next_cursor` of the previous page.',
    example: 4507997673881,
  })
  cursor?: number;
}

const HASH = '0x91b171bb158e2d3848fa23a9f1c25182fb8e20313b2c1eb49219da7a70ce90c3';
const nullable = true;

/** The number of connected nodes with each status. */
export class StatusCounts implements Record<ConnectedStatus, number> {
  @ApiInteger('', { example: 1 })
  silent!: number;

  @ApiInteger('', { example: 3 })
  syncing!: number;

  @ApiInteger('', { example: 0 })
  fork!: number;

  @ApiInteger('', { example: 1 })
  stuck!: number;

  @ApiInteger('', { example: 2 })
  lagging!: number;

  @ApiInteger('', { example: 290 })
  healthy!: number;
}

/** The summary of the nodes of a chain. */
class ChainState {
  @ApiInteger('Connected nodes.', { example: 297 })
  node_count!: number;

  @ApiInteger('Connected validators.', { example: 120 })
  validator_count!: number;

  @ApiProperty({
    type: StatusCounts,
    description:
      'Connected nodes by status. Nodes that connected within the last seconds may have none yet, and are not counted.',
  })
  status_counts!: StatusCounts;

  @ApiInteger(
    'The highest confirmed block: reported, or exceeded, by nodes of two addresses or by a third of the nodes that report heights, and by at least two nodes. If only one node reports heights, its height is used.',
    { nullable, example: 21400123 },
  )
  best_height!: number | null;

  @ApiString('The hash that most nodes report for that block.', { nullable, example: HASH })
  best_hash!: string | null;

  @ApiInteger('The highest finalized block that is confirmed by the same rule.', {
    nullable,
    example: 21400120,
  })
  finalized_height!: number | null;

  @ApiString('', { nullable, example: HASH })
  finalized_hash!: string | null;

  @ApiBoolean('Only one node reports heights, so no other node confirms them.')
  single_source!: boolean;

  @ApiInteger('Average time between the last 20 confirmed blocks, in milliseconds.', {
    nullable,
    example: 6003,
  })
  average_block_time_ms!: number | null;

  @ApiTimestamp('When the best block was first reported, by the clock of the server.', { nullable })
  last_block_at!: string | null;
}

/** The summary of the nodes in a response. */
export class NetworkHeader extends ChainState {
  @ApiInteger('Nodes in this list: fewer than `node_count` if there are more than 25,000.', {
    example: 297,
  })
  shown_count!: number;
}

/** A chain of connected nodes. Its heights are from up to 16 nodes if it has no subscription. */
export class Chain extends ChainState {
  @ApiString('Identifier of the chain: its genesis hash, or `name:` and its name if its nodes send none.', {
    example: HASH,
  })
  network!: string;

  @ApiString('The name that most of its nodes use.', { nullable, example: 'Polkadot' })
  name!: string | null;

  @ApiString('The hash of its first block. Null if its nodes send none.', { nullable, example: HASH })
  genesis_hash!: string | null;
}

/**
 * A connected node, with the latest values from all its open connections. Its description, such as its name, is from
 * the connection with the latest message. Texts are cut after 256 characters.
 */
export class NetworkNode {
  @ApiInteger(
    'The lowest id of its open connections. When that connection ends, the node gets the next one as its id.',
    { example: 4507997673881 },
  )
  id!: number;

  @ApiString('', { nullable, example: '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp' })
  peer_id!: string | null;

  @ApiString('The name of the node.', { nullable, example: 'alice' })
  name!: string | null;

  @ApiBoolean('Whether it runs as a validator.', { nullable })
  authority!: boolean | null;

  @ApiString('', { nullable, example: 'Parity Polkadot' })
  implementation!: string | null;

  @ApiString('', { nullable, example: '1.16.1-835e0767fe8' })
  version!: string | null;

  @ApiInteger('Number of connected peers.', { nullable, example: 40 })
  peers!: number | null;

  @ApiInteger('Ready transactions in its pool.', { nullable, example: 12 })
  transactions!: number | null;

  @ApiInteger('Its best block.', { nullable, example: 21400123 })
  best_height!: number | null;

  @ApiString('', { nullable, example: HASH })
  best_hash!: string | null;

  @ApiTimestamp('When it reported that block, by the clock of the server.', { nullable })
  best_at!: string | null;

  @ApiInteger('Its last finalized block.', { nullable, example: 21400120 })
  finalized_height!: number | null;

  @ApiString('', { nullable, example: HASH })
  finalized_hash!: string | null;

  @ApiInteger('Time between its last two blocks, in milliseconds, by the clock of the server.', {
    nullable,
    example: 6012,
  })
  block_time_ms!: number | null;

  @ApiInteger(
    'How much later than the first node it reported its best block, in milliseconds, by the clock of the server. Unknown while it is syncing.',
    { nullable, example: 180 },
  )
  propagation_ms!: number | null;

  @ApiNumber('Bytes sent per second.', { nullable, example: 18400 })
  upload!: number | null;

  @ApiNumber('Bytes received per second.', { nullable, example: 20310 })
  download!: number | null;

  @ApiTimestamp('When its last message was received, by the clock of the server.', { nullable })
  last_heard_at!: string | null;

  @ApiInteger('When the node was started, by its own clock, in milliseconds since the epoch.', {
    nullable,
    example: 1767323045678,
  })
  startup_time!: number | null;

  @ApiTimestamp('When its oldest open connection was opened.')
  connected_at!: string;

  @ApiInteger('Number of open connections. Only the 16 newest and the one of its `id` are evaluated.', {
    example: 1,
  })
  connections!: number;

  @ApiBoolean('Whether its open connections differ in name or start time: several nodes use this peer id.')
  duplicate!: boolean;

  @ApiBoolean('Whether its best or finalized block is above the confirmed one of the chain.')
  unconfirmed!: boolean;

  @ApiString(
    'The first that holds: `silent` (no message for 60 s), `syncing` (more than 100 blocks behind the chain, and gaining), `fork` (at the height of its best block, most nodes have had another hash for 30 s), `stuck` (its best block is unchanged for 60 s, while the chain rose by 10 blocks), `lagging` (5 or more blocks behind for 30 s), `healthy`. Null in the first seconds of a connection.',
    { nullable, example: 'healthy' },
  )
  status!: ConnectedStatus | null;

  @ApiTimestamp('Since when it has this status, by the clock of the database.', { nullable })
  status_since!: string | null;

  @ApiBoolean(
    'Whether its clock was off by more than half a second in the last whole hour, or by more than a third of the time between blocks. Null while `status` is.',
    { nullable },
  )
  clock_wrong!: boolean | null;
}

/** The connected nodes of a chain. */
export class Network {
  @ApiString('Identifier of the chain: its genesis hash, or `name:` and its name if its nodes send none.', {
    example: HASH,
  })
  network!: string;

  @ApiString('The hash of its first block. Null if its nodes send none.', { nullable, example: HASH })
  genesis_hash!: string | null;

  @ApiString('The name that most of its nodes use.', { nullable, example: 'Polkadot' })
  chain!: string | null;

  @ApiTimestamp('The time of this state, by the clock of the database. Use it as `since` of a subscription.')
  as_of!: string;

  @ApiProperty({ type: NetworkHeader, description: 'Summary of all nodes.' })
  header!: NetworkHeader;

  @ApiProperty({ type: [NetworkNode], description: 'Sorted by id.' })
  nodes!: NetworkNode[];

  @ApiInteger('The `cursor` of the next page. Null on the last page.', {
    nullable,
    example: 4507997673881,
  })
  next_cursor!: number | null;
}
