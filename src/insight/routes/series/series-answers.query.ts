import { BooleanParameter, EnumParameter } from '../../../platform/http/index.js';
import { type Grouping, GROUPINGS } from './propagation-groups.js';
import { SeriesQuery } from './series.dto.js';

/** Parameters of `GET /chains/{chain}/propagation`. */
export class PropagationQuery extends SeriesQuery {
  @EnumParameter({
    of: GROUPINGS,
    description:
      'Also compare the nodes by what they reported when they connected, or by the label of their address (`LABELS_FILE`): `groups`. For ranges of up to 6 hours, of which arrivals at nodes (`INSIGHT_DETAIL_DAYS`), and for labels connections (`LOG_EXPIRY_H`), are still stored.',
  })
  group_by?: Grouping;

  @BooleanParameter({ description: 'Whether points have their arrivals by delay.', default: false })
  bins = false;
}
