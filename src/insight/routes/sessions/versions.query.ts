import { IntegerParameter, StringParameter } from '../../../platform/http/index.js';
import { SeriesQuery } from '../series/series.dto.js';

/** Parameters of `GET /chains/{chain}/versions`. */
export class VersionsQuery extends SeriesQuery {
  @IntegerParameter({
    min: 0,
    max: 1_000,
    description: 'Maximum number of laggards, and of nodes in `compare`.',
    default: 100,
  })
  limit = 100;

  @StringParameter({
    content: 'two versions, separated by a comma',
    description:
      'An old and a new version, separated by a comma: compares each node that upgraded in the time range with itself, the 3 days before against the 3 days after. `1.18.0` is also `1.18.0-4f2e9a7c31b`, and `1.18` is also `1.18.0`.',
    maxLength: 257,
    example: '1.18.0,1.19.0',
  })
  compare?: string;
}
