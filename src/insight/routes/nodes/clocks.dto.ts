import { ApiProperty } from '@nestjs/swagger';
import {
  ApiBoolean,
  ApiInteger,
  ApiNumber,
  ApiString,
  ApiTimestamp,
  IntegerParameter,
} from '../../../platform/http/index.js';
import { RangeQuery } from '../insight.query.js';
import { ChainRangeAnswer } from '../series/series.dto.js';

const nullable = true;

/** Parameters of `GET /chains/{chain}/clocks`. */
export class ClocksQuery extends RangeQuery {
  @IntegerParameter({ min: 1, max: 1_000, description: 'Maximum number of nodes.', default: 100 })
  limit = 100;
}

/** The clock of a node in one hour. */
export class ClockHour {
  @ApiTimestamp('The start of the hour, in UTC.')
  time!: string;

  @ApiNumber('Milliseconds by which it was ahead at the end, or behind if negative.', { example: -12.4 })
  offset_ms!: number;

  @ApiInteger('How often it was set: it changed by more than 250 ms from one minute to the next.', {
    example: 0,
  })
  steps!: number;
}

/** The clock of a node. */
export class NodeClock {
  @ApiString('', { example: '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp' })
  peer_id!: string;

  @ApiString('The latest name of the node.', { nullable, example: 'alice' })
  name!: string | null;

  @ApiNumber('Milliseconds by which it was ahead in the last hour, or behind if negative.', {
    example: 731.2,
  })
  offset_ms!: number;

  @ApiNumber(
    'Milliseconds that it gains in an hour, or loses if negative, since it was last set. Null if fewer than three hours are known, with 45 minutes each.',
    { nullable, example: 1.9 },
  )
  drift_ms_per_hour!: number | null;

  @ApiInteger('How often it was set.', { example: 1 })
  steps!: number;

  @ApiBoolean('Whether it was off by more than 500 ms in the last hour.')
  wrong!: boolean;

  @ApiProperty({ type: [ClockHour], description: 'The hours in which the node was heard.' })
  hours!: ClockHour[];
}

/** Nodes whose clocks are off by so much. */
export class ClockBin {
  @ApiNumber('Milliseconds, inclusive. Null: no bound.', { nullable, example: 50 })
  from_ms!: number | null;

  @ApiNumber('Exclusive.', { nullable, example: 100 })
  to_ms!: number | null;

  @ApiInteger('', { example: 12 })
  nodes!: number;
}

/** How far the clocks of a chain's nodes are off. */
export class ClocksAnswer extends ChainRangeAnswer {
  @ApiInteger('Nodes whose clock was off by more than 500 ms in the last hour of each.', { example: 3 })
  wrong!: number;

  @ApiProperty({ type: [ClockBin], description: 'All nodes by `offset_ms`.' })
  distribution!: ClockBin[];

  @ApiProperty({
    type: [NodeClock],
    description:
      'The largest offset first. With many hours fewer nodes: at most 10,000 hours of nodes in all.',
  })
  nodes!: NodeClock[];
}
