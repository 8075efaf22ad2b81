import { TextParameter, WholeNumberParameter } from '../../platform/http/index.js';
import { EVENT_NAME } from '../events/event.body.js';
import { MAX_ID } from '../rows/row-id.js';

/** What `GET /benchmarks/{id}/profile` takes. */
export class ProfileQuery {
  @TextParameter({
    ...EVENT_NAME,
    description: 'Between the starts and the ends of this event only, instead of the whole run.',
  })
  event?: string;

  @TextParameter({
    takes: 'the target of a trace',
    description: 'Calls with this target only.',
    example: 'frame_system',
  })
  target?: string;
}

/** What `GET /benchmarks/compare` takes. */
export class CompareQuery extends ProfileQuery {
  @WholeNumberParameter({
    min: 1,
    max: MAX_ID,
    description: 'The benchmark that the other one is compared with.',
    required: true,
    example: 12,
  })
  base!: number;

  @WholeNumberParameter({
    min: 1,
    max: MAX_ID,
    description: 'The other one.',
    required: true,
    example: 13,
  })
  head!: number;
}
