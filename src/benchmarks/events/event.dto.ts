import { ApiProperty } from '@nestjs/swagger';
import {
  ApiInteger,
  ApiString,
  ApiTimestamp,
  EnumParameter,
  IntegerField,
  StringParameter,
  TimestampParameter,
} from '../../platform/http/index.js';
import { timeText } from '../../storage/index.js';
import { MAX_ID } from '../rows/resource.js';

export const EVENT_NAME = {
  content: 'the name of an event',
  maxLength: 255,
  example: 'warm-up',
};

/** The body of `POST /benchmarks/events`. */
export class BenchmarkEventBody {
  @IntegerField({
    min: 1,
    max: MAX_ID,
    description: 'The benchmark of the event.',
    required: true,
    example: 12,
  })
  benchmark_id!: number;

  // 0.1.4 accepts an empty name.
  @StringParameter({ ...EVENT_NAME, description: 'Name of the event.', required: true, minLength: 0 })
  name!: string;

  @EnumParameter({
    of: ['start', 'end'],
    description: 'Start or end of the event.',
    required: true,
    example: 'start',
  })
  phase!: 'start' | 'end';

  @TimestampParameter({
    description: 'Time of the event. Default: now.',
    nullable: true,
    example: '2026-01-02T03:04:05.678901Z',
  })
  created_at?: string | null;
}

/** The JSON of a {@link BenchmarkEvent} from its row. */
export const EVENT_JSON = `json_build_object(
  'id', id, 'benchmark_id', benchmark_id, 'name', name, 'phase', phase,
  'created_at', ${timeText('created_at')})::text`;

/** The start or end of an event in a benchmark. */
export class BenchmarkEvent {
  @ApiInteger('', { example: 34 })
  id!: number;

  @ApiInteger('The benchmark of the event.', { example: 12 })
  benchmark_id!: number;

  @ApiString('Name of the event.', { example: 'warm-up' })
  name!: string;

  @ApiProperty({
    type: 'string',
    enum: ['start', 'end'],
    description: 'Start or end of the event.',
    example: 'start',
  })
  phase!: 'start' | 'end';

  @ApiTimestamp('Time of the event.')
  created_at!: string;
}
