import { ApiExtraModels, ApiProperty, getSchemaPath } from '@nestjs/swagger';
import {
  ApiBoolean,
  ApiInteger,
  ApiIntegerList,
  ApiNumber,
  ApiString,
  ApiTimestamp,
} from '../../../platform/http/index.js';
import { SeriesAnswer, SeriesPoint } from '../series/series.dto.js';
import { VersionComparison } from './compare.dto.js';

const nullable = true;
const VERSION = '1.19.0-4f2e9a7c31b';

/** How many nodes have a version. */
export class VersionAnswer {
  @ApiString('Null if nodes report none.', { nullable, example: VERSION })
  version!: string | null;

  @ApiString('', { nullable, example: 'Parity Polkadot' })
  implementation!: string | null;

  @ApiTimestamp(
    'When a node first had it, or the start of that day (UTC), if it was before the range. Null if it was before the statistics.',
    { nullable },
  )
  first_seen_at!: string | null;

  @ApiInteger('Nodes at the last point.', { example: 270 })
  nodes!: number;

  @ApiNumber('Share of the nodes of its implementation at the last point.', { nullable, example: 0.9 })
  share!: number | null;

  @ApiInteger(
    'Seconds from `first_seen_at` until half of the nodes of its implementation had it. Null if they do not, or if it came before the range.',
    { nullable, example: 86400 },
  )
  t50_seconds!: number | null;

  @ApiInteger('The same for 90 %.', { nullable, example: 432000 })
  t90_seconds!: number | null;

  @ApiIntegerList(
    'Nodes at each point: at its end, by the last version of each node until a week after it was last heard. In days, those that were heard for an hour or more on the day.',
  )
  counts!: number[];
}

/** A node that has not the newest version. */
export class Laggard {
  @ApiString('', { example: '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp' })
  peer_id!: string;

  @ApiString('Its latest name.', { nullable, example: 'alice' })
  name!: string | null;

  @ApiString('', { nullable, example: '1.16.2-a81c7e2d4f0' })
  version!: string | null;

  @ApiString('', { nullable, example: 'Parity Polkadot' })
  implementation!: string | null;

  @ApiBoolean('Whether it runs as an authority.', { nullable })
  authority!: boolean | null;

  @ApiString(
    'The newest version of its implementation: the last one that came, and that two nodes or more have.',
    {
      nullable,
      example: VERSION,
    },
  )
  newest!: string | null;
}

/** Which versions the nodes of a chain have. */
@ApiExtraModels(VersionComparison)
export class VersionsAnswer extends SeriesAnswer {
  @ApiProperty({ type: [SeriesPoint], description: 'The times of `counts`.' })
  points!: SeriesPoint[];

  @ApiProperty({
    type: [VersionAnswer],
    description: 'The 50 that most nodes have at the end, most used first.',
  })
  versions!: VersionAnswer[];

  @ApiInteger('All laggards, also those that are not listed.', { example: 12 })
  laggard_count!: number;

  @ApiProperty({ type: [Laggard], description: 'At the end of the range, by version.' })
  laggards!: Laggard[];

  @ApiProperty({
    oneOf: [{ $ref: getSchemaPath(VersionComparison) }, { type: 'null' }],
    description: 'Null without the parameter `compare`.',
  })
  compare!: VersionComparison | null;
}
