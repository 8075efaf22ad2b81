import { ApiProperty } from '@nestjs/swagger';
import {
  ApiInteger,
  ApiNumber,
  ApiString,
  IntegerParameter,
  StringParameter,
} from '../../platform/http/index.js';
import { EVENT_NAME } from '../events/event.dto.js';
import { MAX_ID } from '../rows/resource.js';

/** Parameters of `GET /benchmarks/{id}/profile`. */
export class ProfileQuery {
  @StringParameter({
    ...EVENT_NAME,
    description: 'Only calls between the starts and the ends of this event. Default: the whole run.',
  })
  event?: string;

  @StringParameter({
    content: 'the target of a trace',
    description: 'Only calls with this target.',
    example: 'frame_system',
  })
  target?: string;
}

/** Parameters of `GET /benchmarks/compare`. */
export class CompareQuery extends ProfileQuery {
  @IntegerParameter({
    min: 1,
    max: MAX_ID,
    description: 'The benchmark to compare with.',
    required: true,
    example: 12,
  })
  base!: number;

  @IntegerParameter({
    min: 1,
    max: MAX_ID,
    description: 'The compared benchmark.',
    required: true,
    example: 13,
  })
  head!: number;
}

/** A target of traces. */
export class Target {
  @ApiString('', { example: 'frame_system' })
  target!: string;
}

/** Durations of calls in nanoseconds. */
export class CallTimes {
  @ApiInteger('Number of calls.', { example: 5 })
  count!: number;

  @ApiNumber('', { example: 880.4 })
  mean!: number;

  @ApiNumber('Computed as `percentile_cont`, as is `p90`: interpolated between two calls if necessary.', {
    example: 760,
  })
  median!: number;

  @ApiNumber('', { example: 1204.5 })
  p90!: number;

  @ApiNumber('', { example: 690 })
  min!: number;

  @ApiNumber('', { example: 1498 })
  max!: number;
}

/** Durations of the calls with a target and a name. */
export class ProfileEntry extends CallTimes {
  @ApiString('Empty if the trace has none.', { example: 'frame_system' })
  target!: string;

  @ApiString('Empty if the trace has none.', { example: '<AccountNonce<T>>::get' })
  name!: string;
}

/** Durations of the same calls in two benchmarks. */
export class ProfileComparison {
  @ApiString('Empty if the trace has none.', { example: 'frame_system' })
  target!: string;

  @ApiString('Empty if the trace has none.', { example: '<AccountNonce<T>>::get' })
  name!: string;

  @ApiProperty({
    oneOf: [{ $ref: '#/components/schemas/CallTimes' }, { type: 'null' }],
    description: 'Null if the base benchmark has no such calls.',
  })
  base!: CallTimes | null;

  @ApiProperty({
    oneOf: [{ $ref: '#/components/schemas/CallTimes' }, { type: 'null' }],
    description: 'Null if the head benchmark has no such calls.',
  })
  head!: CallTimes | null;

  @ApiNumber('Mean of head divided by mean of base. Above 1, head is slower.', {
    nullable: true,
    example: 1.08,
  })
  mean_ratio!: number | null;

  @ApiNumber('Median of head divided by median of base.', { nullable: true, example: 0.97 })
  median_ratio!: number | null;
}
