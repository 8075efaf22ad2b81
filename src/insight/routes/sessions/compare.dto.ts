import { ApiProperty } from '@nestjs/swagger';
import { ApiBoolean, ApiInteger, ApiNumber, ApiString, ApiTimestamp } from '../../../platform/http/index.js';
import { MEASURE_NAMES } from '../../upgrades/compare-pairs.js';

const nullable = true;

/** How a measure changed with the upgrade. */
export class VersionMeasure {
  @ApiString(
    '`propagation_delay`: the median delay of blocks. `reach`: the share of the expected blocks that arrived within a minute. `finality_lag`: the median of the blocks between best and final. `blocks_behind`: blocks behind the chain, on average. `peers`: the most peers of an hour, on average, divided by the most before and after. `restarts`. `download`, `upload`: on average, as nodes report them.',
    { enum: MEASURE_NAMES, example: 'propagation_delay' },
  )
  name!: string;

  @ApiString('', { example: 'ms' })
  unit!: string;

  @ApiInteger(
    'Nodes of which it is known before and after. All of the following is null if there are less than 10.',
    {
      example: 43,
    },
  )
  pairs!: number;

  @ApiNumber('The median of these nodes before; of restarts, the mean.', { nullable, example: 231.4 })
  before!: number | null;

  @ApiNumber('The same after.', { nullable, example: 304.8 })
  after!: number | null;

  @ApiNumber(
    'The median (of restarts, the mean) of the differences of each node, after minus before: not the difference of `before` and `after`.',
    { nullable, example: 71.2 },
  )
  difference!: number | null;

  @ApiNumber('The lower bound of its 95 % interval, by the bootstrap over nodes.', {
    nullable,
    example: 48.9,
  })
  low!: number | null;

  @ApiNumber('The upper bound.', { nullable, example: 90.3 })
  high!: number | null;

  @ApiBoolean(
    'Whether the whole interval is worse than no difference: less of `reach` and `peers`, more of the others. False does not prove that nothing got worse.',
    { nullable, example: true },
  )
  worse!: boolean | null;
}

/** A node before or after its upgrade: values are null where less than 12 hours are known. */
export class NodeMeasures {
  @ApiNumber('Milliseconds. Null, too, if half of the blocks did not arrive.', { nullable, example: 228.1 })
  propagation_delay!: number | null;

  @ApiNumber('', { nullable, example: 0.9989 })
  reach!: number | null;

  @ApiNumber('', { nullable, example: 2.4 })
  finality_lag!: number | null;

  @ApiNumber('', { nullable, example: 0.12 })
  blocks_behind!: number | null;

  @ApiNumber('', { nullable, example: 0.9312 })
  peers!: number | null;

  @ApiNumber('Per day.', { nullable, example: 0 })
  restarts!: number | null;

  @ApiNumber('Bytes per second. Null if the node reports none.', { nullable, example: 182044 })
  download!: number | null;

  @ApiNumber('The same.', { nullable, example: 201385 })
  upload!: number | null;
}

/** A node, and its upgrade. */
export class UpgradedNode {
  @ApiString('', { example: '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp' })
  peer_id!: string;

  @ApiString('Its latest name.', { nullable, example: 'alice' })
  name!: string | null;

  @ApiString('', { example: '1.18.0-a81c7e2d4f0' })
  from_version!: string;

  @ApiString('', { example: '1.19.0-4f2e9a7c31b' })
  to_version!: string;

  @ApiTimestamp('When it was first heard with the new version.')
  upgraded_at!: string;

  @ApiProperty({ type: NodeMeasures })
  before!: NodeMeasures;

  @ApiProperty({ type: NodeMeasures })
  after!: NodeMeasures;
}

/** Nodes before and after their upgrade from one version to another. */
export class VersionComparison {
  @ApiString('As in the request.', { example: '1.18.0' })
  from!: string;

  @ApiString('', { example: '1.19.0' })
  to!: string;

  @ApiInteger('Nodes that upgraded in the time range. Of more than 500, a fixed choice of 500 is compared.', {
    example: 51,
  })
  upgrades!: number;

  @ApiInteger('Those with at least one value before and after.', { example: 43 })
  pairs!: number;

  @ApiProperty({ type: [VersionMeasure], description: 'How much each measure changed.' })
  measures!: VersionMeasure[];

  @ApiProperty({
    type: [UpgradedNode],
    description: 'At most `limit` of the pairs: those whose propagation delay grew most first.',
  })
  nodes!: UpgradedNode[];
}
