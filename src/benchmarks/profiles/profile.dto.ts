import { ApiProperty } from '@nestjs/swagger';
import { NumberOf, TextOf, WholeNumberOf } from '../../platform/http/index.js';

/** A target that traces have. */
export class Target {
  @TextOf('', { example: 'frame_system' })
  target!: string;
}

/** How long calls took: nanoseconds. */
export class CallTimes {
  @WholeNumberOf('Number of calls.', { example: 5 })
  count!: number;

  @NumberOf('', { example: 880.4 })
  mean!: number;

  @NumberOf('Computed as `percentile_cont`, as is `p90`: interpolated between two calls if necessary.', {
    example: 760,
  })
  median!: number;

  @NumberOf('', { example: 1204.5 })
  p90!: number;

  @NumberOf('', { example: 690 })
  min!: number;

  @NumberOf('', { example: 1498 })
  max!: number;
}

/** How long the calls with a target and a name took. */
export class ProfileEntry extends CallTimes {
  @TextOf('Empty if the trace has none.', { example: 'frame_system' })
  target!: string;

  @TextOf('Empty if the trace has none.', { example: '<AccountNonce<T>>::get' })
  name!: string;
}

/** The same of two benchmarks. */
export class ProfileComparison {
  @TextOf('Empty if the trace has none.', { example: 'frame_system' })
  target!: string;

  @TextOf('Empty if the trace has none.', { example: '<AccountNonce<T>>::get' })
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

  @NumberOf('Mean of head divided by mean of base. Above 1, head is slower.', {
    nullable: true,
    example: 1.08,
  })
  mean_ratio!: number | null;

  @NumberOf('Median of head divided by median of base.', { nullable: true, example: 0.97 })
  median_ratio!: number | null;
}
