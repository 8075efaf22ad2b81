import { IntegerParameter } from '../../../platform/http/index.js';
import { RangeQuery } from '../insight.query.js';

const MAX_BLOCKS = 600;
/** Of a thousand nodes, they are half a megabyte when compressed. */
const DEFAULT_BLOCKS = 300;

/** Parameters of `GET /chains/{chain}/arrivals`. */
export class ArrivalsQuery extends RangeQuery {
  @IntegerParameter({
    min: 1,
    max: MAX_BLOCKS,
    description: 'Maximum number of blocks.',
    default: DEFAULT_BLOCKS,
  })
  limit = DEFAULT_BLOCKS;
}
