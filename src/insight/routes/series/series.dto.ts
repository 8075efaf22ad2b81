import {
  ApiInteger,
  ApiNumber,
  ApiString,
  ApiTimestamp,
  EnumParameter,
} from '../../../platform/http/index.js';
import { RangeQuery } from '../insight.query.js';
import { RESOLUTIONS, type Resolution } from './series.js';

const nullable = true;

/** Parameters of a series. */
export class SeriesQuery extends RangeQuery {
  @EnumParameter({
    of: ['auto', ...Object.keys(RESOLUTIONS)],
    description:
      'The length of a point. `auto`: minutes up to 7 days, hours up to 120 days, otherwise days, in UTC. At most 10,081 points.',
    default: 'auto',
  })
  resolution: Resolution | 'auto' = 'auto';
}

/** What was asked, and how much of it is known. */
export class ChainRangeAnswer {
  @ApiString('Identifier of the chain: its genesis hash, or `name:` and its name if its nodes send none.', {
    example: '0x91b171bb158e2d3848fa23a9f1c25182fb8e20313b2c1eb49219da7a70ce90c3',
  })
  chain!: string;

  @ApiTimestamp('')
  start_time!: string;

  @ApiTimestamp('At most now.')
  end_time!: string;

  @ApiInteger('The most nodes that any part of this stands on. Null if nothing is known.', {
    nullable,
    example: 300,
  })
  expected!: number | null;

  @ApiNumber(
    'Share of this time in which servers received data from nodes: outside of gaps, and of a minute after each.',
    {
      example: 1,
    },
  )
  known_share!: number;
}

/** What every series has, beside its points. */
export class SeriesAnswer extends ChainRangeAnswer {
  @ApiString('The length of a point.', { enum: Object.keys(RESOLUTIONS), example: 'minute' })
  resolution!: string;
}

/** What every point of a series has. Its values are null where nothing is known. */
export class SeriesPoint {
  @ApiTimestamp('The start of its time. The points cover the range in whole minutes, hours or days.')
  time!: string;

  @ApiNumber(
    'Share of this time in which servers received data from nodes. Do not trust a point below 0.5.',
    {
      example: 1,
    },
  )
  known_share!: number;

  @ApiInteger('Nodes that it stands on.', { nullable, example: 300 })
  expected!: number | null;
}
