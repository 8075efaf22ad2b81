import { ApiProperty } from '@nestjs/swagger';
import { ApiBoolean, ApiInteger, ApiString, ApiTimestamp } from '../../../platform/http/index.js';
import { ChainRangeAnswer } from '../series/series.dto.js';

const nullable = true;

/** A row of the matrix. */
export class ArrivalNode {
  @ApiString('', { example: '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp' })
  peer_id!: string;

  @ApiString('Its latest name.', { nullable, example: 'alice' })
  name!: string | null;
}

/** A column of the matrix. */
export class ArrivedBlock {
  @ApiInteger('', { example: 21400123 })
  height!: number;

  @ApiString('', { example: '0x91b171bb158e2d3848fa23a9f1c25182fb8e20313b2c1eb49219da7a70ce90c3' })
  hash!: string;

  @ApiTimestamp('Its first arrival at a node.')
  first_seen_at!: string;

  @ApiBoolean('Whether it is the final block of its height. Null until the height is final.', { nullable })
  canonical!: boolean | null;
}

/** When each block arrived at each node. */
export class ArrivalMatrix extends ChainRangeAnswer {
  @ApiProperty({
    type: [ArrivalNode],
    description: 'The nodes that any of the blocks was expected at.',
  })
  nodes!: ArrivalNode[];

  @ApiProperty({ type: [ArrivedBlock], description: 'In the order in which they were first seen.' })
  blocks!: ArrivedBlock[];

  @ApiProperty({
    type: 'array',
    items: { type: 'array', items: { type: 'integer', format: 'int32', nullable } },
    description:
      'For each block, the milliseconds from `first_seen_at` to its arrival at each of the `nodes`: null where it did not arrive within a minute, −1 where it was not expected.',
    example: [[0, 412, null, -1]],
  })
  delays_ms!: (number | null)[][];

  @ApiTimestamp(
    'The `start_time` of the next blocks, if the range has more than `limit`, or than fit: a million delays. Null otherwise.',
    { nullable },
  )
  next_start_time!: string | null;
}
