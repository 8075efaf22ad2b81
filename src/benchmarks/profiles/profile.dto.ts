import { ApiProperty } from '@nestjs/swagger';
import { NumberOf, TextOf, WholeNumberOf } from '../../platform/http/index.js';

/** A target that traces have. */
export class Target {
  @TextOf('', { example: 'frame_system' })
  target!: string;
}

/** How long calls took: nanoseconds. */
export class CallTimes {
  @WholeNumberOf('How many calls there were.', { example: 5 })
  count!: number;

  @NumberOf('', { example: 880.4 })
  mean!: number;

  @NumberOf(
    'As `percentile_cont` has it, and so `p90`: between two calls where there is none in the middle.',
    {
      example: 760,
    },
  )
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
  @TextOf('Empty where a trace has none.', { example: 'frame_system' })
  target!: string;

  @TextOf('Empty where a trace has none.', { example: '<AccountNonce<T>>::get' })
  name!: string;
}

/** The same of two benchmarks. */
export class ProfileComparison {
  @TextOf('Empty where a trace has none.', { example: 'frame_system' })
  target!: string;

  @TextOf('Empty where a trace has none.', { example: '<AccountNonce<T>>::get' })
  name!: string;

  @ApiProperty({
    oneOf: [{ $ref: '#/components/schemas/CallTimes' }, { type: 'null' }],
    description: 'Null where the first one has no such calls.',
  })
  base!: CallTimes | null;

  @ApiProperty({
    oneOf: [{ $ref: '#/components/schemas/CallTimes' }, { type: 'null' }],
    description: 'Null where the other one has no such calls.',
  })
  head!: CallTimes | null;

  @NumberOf('The mean of the other one, divided by that of the first: above 1 it is slower.', {
    nullable: true,
    example: 1.08,
  })
  mean_ratio!: number | null;

  @NumberOf('The same of the medians.', { nullable: true, example: 0.97 })
  median_ratio!: number | null;
}
