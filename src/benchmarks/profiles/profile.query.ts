import { TextParameter, WholeNumberParameter } from '../../platform/http/index.js';
import { EVENT_NAME } from '../events/event.body.js';
import { MAX_ID } from '../rows/row-id.js';

/** What `GET /benchmarks/{id}/profile` takes. */
export class ProfileQuery {
  @TextParameter({
    ...EVENT_NAME,
    description: 'Only calls between the starts and the ends of this event. Default: the whole run.',
  })
  event?: string;

  @TextParameter({
    takes: 'the target of a trace',
    description: 'Only calls with this target.',
    example: 'frame_system',
  })
  target?: string;
}

/** What `GET /benchmarks/compare` takes. */
export class CompareQuery extends ProfileQuery {
  @WholeNumberParameter({
    min: 1,
    max: MAX_ID,
    description: 'The benchmark to compare with.',
    required: true,
    example: 12,
  })
  base!: number;

  @WholeNumberParameter({
    min: 1,
    max: MAX_ID,
    description: 'The compared benchmark.',
    required: true,
    example: 13,
  })
  head!: number;
}
