import { IntegerParameter } from '../../../platform/http/index.js';
import { SeriesQuery } from '../series/series.dto.js';

/** Parameters of `GET /chains/{chain}/versions`. */
export class VersionsQuery extends SeriesQuery {
  @IntegerParameter({ min: 0, max: 1_000, description: 'Maximum number of laggards.', default: 100 })
  limit = 100;
}
