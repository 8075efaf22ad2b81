import { ApiProperty } from '@nestjs/swagger';
import {
  ApiBoolean,
  ApiInteger,
  ApiNumber,
  ApiString,
  ApiStringList,
  ApiTimestamp,
} from '../../../platform/http/index.js';
import { SeriesAnswer, SeriesPoint } from '../series/series.dto.js';

const nullable = true;
const HASH = '0x91b171bb158e2d3848fa23a9f1c25182fb8e20313b2c1eb49219da7a70ce90c3';

/** Blocks that follow each other, at heights that have others. */
export class ForkBranch {
  @ApiString('The block on which it is built, as far as it is known: see `parent_hash` of a block.', {
    nullable,
    example: HASH,
  })
  parent_hash!: string | null;

  @ApiInteger('', { example: 21400123 })
  first_height!: number;

  @ApiInteger('', { example: 21400124 })
  last_height!: number;

  @ApiStringList('Its blocks, by height.')
  hashes!: string[];

  @ApiInteger('The most nodes that imported one of its blocks as their best one.', { example: 120 })
  nodes!: number;

  @ApiBoolean('Whether it won: its last block is final. Null until that height is final.', { nullable })
  canonical!: boolean | null;
}

/** Branches at heights that follow each other, up to a height whose blocks all continue one of them. */
export class ChainFork {
  @ApiInteger('Its first height with several blocks.', { example: 21400123 })
  height!: number;

  @ApiTimestamp('When the first of them was first seen.')
  began_at!: string;

  @ApiTimestamp('When its last height was final. Null before.', { nullable })
  finalized_at!: string | null;

  @ApiInteger(
    'Blocks of the longest branch that lost. A lower bound: blocks that did not become the best one of any node are not reported.',
    { example: 1 },
  )
  depth!: number;

  @ApiProperty({ type: [ForkBranch], description: 'The rival branches, the one that won first.' })
  branches!: ForkBranch[];
}

const ORPHANS =
  'Blocks that lost, when their height became final, or when they were first seen if that is later.';
const RATE = 'Orphans for each height that became final.';

/** A minute, hour or day of forks. */
export class ForkPoint extends SeriesPoint {
  @ApiInteger(ORPHANS, { nullable, example: 0 })
  orphans!: number | null;

  @ApiInteger('Heights that became final.', { nullable, example: 10 })
  final_heights!: number | null;

  @ApiNumber(`${RATE} Null without such heights.`, { nullable, example: 0 })
  orphan_rate!: number | null;
}

/** Rival blocks and branches. */
export class ForkSeries extends SeriesAnswer {
  @ApiInteger('Of all points together.', { nullable, example: 12 })
  orphans!: number | null;

  @ApiInteger('', { nullable, example: 598 })
  final_heights!: number | null;

  @ApiNumber(RATE, { nullable, example: 0.02 })
  orphan_rate!: number | null;

  @ApiProperty({ type: [ChainFork], description: 'Those that overlap the range, newest first.' })
  forks!: ChainFork[];

  @ApiBoolean('Whether these are all forks of the range. Otherwise choose an earlier `end_time`.')
  complete!: boolean;

  @ApiProperty({ type: [ForkPoint], description: 'One for every minute, hour or day of the range.' })
  points!: ForkPoint[];
}
