import { ApiProperty } from '@nestjs/swagger';
import {
  ApiBoolean,
  ApiInteger,
  ApiNumber,
  ApiString,
  ApiStringList,
  ApiTimestamp,
} from '../../platform/http/index.js';
import { GAP_CAUSES } from '../../storage/index.js';

const nullable = true;
const HASH = '0x91b171bb158e2d3848fa23a9f1c25182fb8e20313b2c1eb49219da7a70ce90c3';
const PEER = '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp';

/** A block that counts, and how it reached the nodes of its chain. */
export class InsightBlock {
  @ApiInteger('', { example: 21400123 })
  height!: number;

  @ApiString('', { example: HASH })
  hash!: string;

  @ApiString(
    'The block below: the best one of its author, or of most of its first five nodes, when they got it. No message says it.',
    { nullable, example: HASH },
  )
  parent_hash!: string | null;

  @ApiStringList('Other blocks of this height that count.')
  siblings!: string[];

  @ApiTimestamp('Its first arrival at a node.')
  first_seen_at!: string;

  @ApiTimestamp(
    'When half of the expected nodes had reported this height or a higher one as final. Null before, and for a block that lost.',
    { nullable },
  )
  finalized_at!: string | null;

  @ApiBoolean('Whether it is the final block of its height. Null until the height is final.', { nullable })
  canonical!: boolean | null;

  @ApiBoolean(
    'Whether no node reported exactly this height as final, so that the final block above decided, or the number of imports.',
    { nullable },
  )
  inferred!: boolean | null;

  @ApiString('Peer id of the node that made it. Null if that is not connected to this server.', {
    nullable,
    example: PEER,
  })
  author!: string | null;

  @ApiInteger('Nodes that imported it as it spread.', { example: 297 })
  reporters!: number;

  @ApiInteger('Nodes that imported one of the ten heights before, and no other block of this height.', {
    example: 300,
  })
  expected!: number;

  @ApiNumber(
    'Share of the expected nodes at which it arrived within a minute. Null without expected nodes.',
    {
      nullable,
      example: 0.98,
    },
  )
  reach!: number | null;

  @ApiNumber(
    'Milliseconds from `first_seen_at` until it had arrived at half of the expected nodes. Null if it did not.',
    { nullable, example: 412.5 },
  )
  p50_ms!: number | null;

  @ApiNumber('The same for 90 %.', { nullable, example: 1310 })
  p90_ms!: number | null;

  @ApiNumber('The same for 95 %.', { nullable, example: 1804 })
  p95_ms!: number | null;

  @ApiNumber('The same for 99 %.', { nullable, example: 3020 })
  p99_ms!: number | null;

  @ApiNumber('Milliseconds from the first arrival at an expected node to the last.', {
    nullable,
    example: 4100,
  })
  spread_ms!: number | null;

  @ApiBoolean('Only one node of the chain reports here, so no other node confirms the block.')
  single_source!: boolean;

  @ApiString('Continues a list after this block.', { example: `1767322800000000-${HASH}` })
  cursor!: string;
}

/** The arrival of a block at an expected node. */
export class BlockArrival {
  @ApiString('', { example: PEER })
  peer_id!: string;

  @ApiString('The latest name of the node.', { nullable, example: 'alice' })
  name!: string | null;

  @ApiTimestamp('When the block became its best one. Null if it did not within a minute.', { nullable })
  arrived_at!: string | null;

  @ApiInteger('Milliseconds after `first_seen_at`.', { nullable, example: 412 })
  delay_ms!: number | null;
}

/** A block with its arrivals. */
export class InsightBlockDetail extends InsightBlock {
  @ApiProperty({
    type: [BlockArrival],
    description: 'Fastest first. Empty once they are older than `INSIGHT_DETAIL_DAYS`.',
  })
  arrivals!: BlockArrival[];
}

/** A time in which a server process did not receive data from nodes. */
export class ObserverGap {
  @ApiInteger('Number of the server process.', { example: 1051 })
  collector!: number;

  @ApiString(
    '`down`: the process had ended. `paused`: it read no sockets. `sockets_lost`: at least half of its sockets ended within 30 s.',
    { enum: [...GAP_CAUSES], example: 'down' },
  )
  cause!: string;

  @ApiTimestamp('Exact, without grace.')
  began_at!: string;

  @ApiTimestamp('Null while it lasts, or if its end is unknown.', { nullable })
  ended_at!: string | null;
}
