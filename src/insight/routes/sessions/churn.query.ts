import { IntegerParameter } from '../../../platform/http/index.js';
import { SeriesQuery } from '../series/series.dto.js';

/** Parameters of `GET /chains/{chain}/churn`. */
export class ChurnQuery extends SeriesQuery {
  @IntegerParameter({ min: 0, max: 1_000, description: 'Maximum number of restart loops.', default: 100 })
  limit = 100;
}
