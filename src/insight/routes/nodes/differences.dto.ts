import { ApiProperty } from '@nestjs/swagger';
import {
  ApiInteger,
  ApiNumber,
  ApiString,
  ApiStringList,
  EnumParameter,
  IntegerParameter,
  PeerIdsParameter,
} from '../../../platform/http/index.js';
import { type ConditionName, CONDITIONS } from './conditions.js';
import { RangeQuery } from '../insight.query.js';
import { ChainRangeAnswer } from '../series/series.dto.js';

const nullable = true;
const MAX_PEERS = 200;

/** Parameters of `GET /chains/{chain}/differences`. */
export class DifferencesQuery extends RangeQuery {
  @PeerIdsParameter({
    description: 'Peer ids of the group. Repeat the parameter for each node. Either this or `condition`.',
    max: MAX_PEERS,
  })
  peer_id?: string[];

  @EnumParameter({
    of: Object.keys(CONDITIONS),
    description:
      '`late`: the median delay of blocks is more than twice that of the chain. `lagging`: five or more blocks behind the chain, on average. Both over the hours that overlap the time range. `stuck`: its best or final block stood still at any time of the range.',
  })
  condition?: ConditionName;

  @IntegerParameter({ min: 1, max: 1_000, description: 'Maximum number of differences.', default: 50 })
  limit = 50;
}

/** How often nodes have a value: those of the group, and the rest. */
export class NodeDifference {
  @ApiString(
    '`version`, `version_below` (of the implementation that most nodes have), `implementation`, `authority`, `collector` (the server process that receives from the node), `label` (of its address, by `LABELS_FILE`), `hardware_below_reference`, `peers` (the median against the most), `clock` (`wrong`: off by more than 500 ms; `set`).',
    { example: 'version_below' },
  )
  attribute!: string;

  @ApiString('', { example: '1.17.0' })
  value!: string;

  @ApiInteger('Nodes of the group with this value.', { example: 38 })
  having!: number;

  @ApiInteger('Nodes of the group of which the attribute is known.', { example: 41 })
  of!: number;

  @ApiInteger('The same of the other nodes.', { example: 55 })
  rest_having!: number;

  @ApiInteger('', { example: 620 })
  rest_of!: number;

  @ApiNumber(
    'The share in the group divided by the share in the rest. Null if no other node has the value: it is infinite.',
    { nullable, example: 10.4 },
  )
  lift!: number | null;

  @ApiNumber('Its lower bound, with a confidence of 95 %: low where nodes are few.', { example: 7.9 })
  lift_min!: number;

  @ApiNumber("How probable this is by chance: Fisher's exact test, two-sided.", { example: 2.1e-31 })
  p!: number;

  @ApiNumber('The same, corrected for the number of comparisons (Bonferroni).', { example: 1.1e-29 })
  p_corrected!: number;
}

/** In what some nodes differ from the others. */
export class DifferencesAnswer extends ChainRangeAnswer {
  @ApiInteger('Nodes of the group.', { example: 41 })
  nodes!: number;

  @ApiStringList('Their peer ids, at most 200.')
  peer_ids!: string[];

  @ApiStringList('Peer ids of the request that were not seen in the time range.')
  unknown_peer_ids!: string[];

  @ApiInteger('Other nodes of the time range.', { example: 620 })
  rest!: number;

  @ApiInteger('Compared values.', { example: 52 })
  comparisons!: number;

  @ApiProperty({
    type: [NodeDifference],
    description: 'By `lift_min`, those with a `p_corrected` below 0.05 first.',
  })
  differences!: NodeDifference[];
}
