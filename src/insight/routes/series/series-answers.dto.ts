import { ApiProperty } from '@nestjs/swagger';
import {
  ApiInteger,
  ApiIntegerList,
  ApiNumber,
  ApiString,
  ApiTimestamp,
} from '../../../platform/http/index.js';
import { SeriesAnswer, SeriesPoint } from './series.dto.js';

const nullable = true;

/** A minute, hour or day of finality. */
export class FinalityPoint extends SeriesPoint {
  @ApiInteger('The median of the best heights of nodes, at the end.', { nullable, example: 21400123 })
  best_height!: number | null;

  @ApiInteger('The same for their final heights.', { nullable, example: 21400120 })
  finalized_height!: number | null;

  @ApiNumber(
    'Blocks between the best and the final one of a node: the median of the nodes within ten blocks of the median height. Of an hour or day, the median of its minutes.',
    { nullable, example: 3 },
  )
  lag_p50!: number | null;

  @ApiNumber('The same for 90 % of the nodes.', { nullable, example: 4 })
  lag_p90!: number | null;

  @ApiNumber('The greatest `lag_p50` of a minute.', { nullable, example: 5 })
  lag_max!: number | null;

  @ApiInteger('Heights that became final.', { nullable, example: 10 })
  final_heights!: number | null;

  @ApiNumber(
    'Milliseconds from the first arrival of a block until half of its expected nodes had reported its height as final: the median of these heights.',
    { nullable, example: 15200 },
  )
  time_to_finality_p50_ms!: number | null;

  @ApiNumber('The same for 90 % of these heights.', { nullable, example: 18400 })
  time_to_finality_p90_ms!: number | null;
}

/** A time in which a height did not rise. */
export class ChainSpan {
  @ApiInteger('The last height before.', { example: 21400123 })
  height!: number;

  @ApiTimestamp('When that was first seen, or reported as final.')
  began_at!: string;

  @ApiTimestamp('When the next one was. Null while it lasts.', { nullable })
  ended_at!: string | null;
}

/** How far finality is behind. */
export class FinalitySeries extends SeriesAnswer {
  @ApiProperty({
    type: [ChainSpan],
    description:
      'When finality did not rise for a minute or five usual block times, while blocks came: those that overlap the range, the newest 100, newest first.',
  })
  stalls!: ChainSpan[];

  @ApiProperty({ type: [FinalityPoint], description: 'One for every minute, hour or day of the range.' })
  points!: FinalityPoint[];
}

const P50 = ApiNumber(
  'Milliseconds from the first arrival of a block until it had arrived at half of the expected nodes. Of hours and days it is from bins of delays, and wrong by at most 20 % above 10 ms. Null if blocks did not reach so many.',
  { nullable, example: 412.5 },
);
const P90 = ApiNumber('The same for 90 %.', { nullable, example: 1310 });
const P95 = ApiNumber('The same for 95 %.', { nullable, example: 1804 });
const P99 = ApiNumber('The same for 99 %.', { nullable, example: 3020 });
const REACH = ApiNumber('Share of the expected arrivals that came within a minute.', {
  nullable,
  example: 0.98,
});
const BINS =
  'Arrivals by delay: 24 bins from 10 ms to 60 s, each upper bound 1.437 times the one before. Shorter delays are in the first.';

/** A minute, hour or day of propagation. */
export class PropagationPoint extends SeriesPoint {
  @ApiInteger('Blocks that were first seen.', { nullable, example: 10 })
  blocks!: number | null;

  @P50
  p50_ms!: number | null;

  @P90
  p90_ms!: number | null;

  @P95
  p95_ms!: number | null;

  @P99
  p99_ms!: number | null;

  @ApiNumber(
    'Milliseconds from the first arrival of a block at an expected node to the last: the median of the blocks.',
    {
      nullable,
      example: 4100,
    },
  )
  spread_ms!: number | null;

  @REACH
  reach!: number | null;

  @ApiIntegerList(`${BINS} Only with \`bins=true\`; null without blocks.`, { required: false, nullable })
  bins?: number[] | null;
}

/** Nodes that reported the same when they connected, and how blocks reached them in the whole range. */
export class PropagationGroup {
  @ApiString(
    'Their version or implementation, or whether they are authorities: `true` or `false`. Null if they did not report it.',
    {
      nullable,
      example: '1.16.1-835e0767fe8',
    },
  )
  value!: string | null;

  @ApiInteger('Nodes at which blocks were expected.', { example: 212 })
  nodes!: number;

  @P50
  p50_ms!: number | null;

  @P90
  p90_ms!: number | null;

  @P95
  p95_ms!: number | null;

  @P99
  p99_ms!: number | null;

  @REACH
  reach!: number | null;

  @ApiIntegerList(BINS)
  bins!: number[];
}

/** How long blocks took to the nodes. */
export class PropagationSeries extends SeriesAnswer {
  @ApiProperty({ type: [PropagationPoint], description: 'One for every minute, hour or day of the range.' })
  points!: PropagationPoint[];

  @ApiProperty({
    type: [PropagationGroup],
    nullable,
    description: 'With `group_by`: the 100 largest groups, by number of nodes. Null without it.',
  })
  groups!: PropagationGroup[] | null;

  @ApiNumber(
    'Share of the blocks that `groups` are computed from, spread evenly over the range: 1, and then exact, up to 50,000 arrivals at nodes. Null without `group_by`.',
    { nullable, example: 1 },
  )
  groups_share!: number | null;
}

const SLOTS = 'Slots of the time that is known, minus the heights that were first seen in it.';

/** A minute, hour or day of production. */
export class ProductionPoint extends SeriesPoint {
  @ApiInteger('Heights that had no block before.', { nullable, example: 10 })
  heights!: number | null;

  @ApiInteger('Blocks, with those that lost.', { nullable, example: 10 })
  blocks!: number | null;

  @ApiInteger(`${SLOTS} Null for the last two and a half minutes.`, { nullable, example: 0 })
  missing_slots!: number | null;

  @ApiInteger('`missing_slots` in milliseconds.', { nullable, example: 0 })
  lost_time_ms!: number | null;

  @ApiNumber('Milliseconds from the first arrival of a height to that of the next: the median.', {
    nullable,
    example: 6001.5,
  })
  block_time_p50_ms!: number | null;

  @ApiNumber('The same for 95 %.', { nullable, example: 6240 })
  block_time_p95_ms!: number | null;

  @ApiNumber('The longest. Null for minutes.', { nullable, example: 12010 })
  block_time_max_ms!: number | null;
}

/** How many blocks a chain made, and how many it did not. */
export class ProductionSeries extends SeriesAnswer {
  @ApiInteger(
    'The length of a slot that was used: the most frequent time between two heights in the last 2,000 blocks up to the end, to half a second. Null without blocks.',
    { nullable, example: 6000 },
  )
  slot_ms!: number | null;

  @ApiInteger('Of all points together.', { nullable, example: 599 })
  heights!: number | null;

  @ApiInteger(SLOTS, { nullable, example: 1 })
  missing_slots!: number | null;

  @ApiInteger('', { nullable, example: 6000 })
  lost_time_ms!: number | null;

  @ApiProperty({
    type: [ChainSpan],
    description:
      'When there was no new height for five usual block times, while nodes were connected: those that overlap the range, the newest 100, newest first.',
  })
  halts!: ChainSpan[];

  @ApiProperty({ type: [ProductionPoint], description: 'One for every minute, hour or day of the range.' })
  points!: ProductionPoint[];
}
