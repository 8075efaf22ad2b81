import { IntegerParameter } from '../../../platform/http/index.js';
import { SeriesQuery } from '../series/series.dto.js';

const DEFAULT_FORKS = 100;

/** Parameters of `GET /chains/{chain}/forks`. */
export class ForksQuery extends SeriesQuery {
  @IntegerParameter({ min: 1, max: 1_000, description: 'Maximum number of forks.', default: DEFAULT_FORKS })
  limit = DEFAULT_FORKS;
}
