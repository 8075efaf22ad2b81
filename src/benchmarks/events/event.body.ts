import {
  ChoiceParameter,
  TextParameter,
  TimestampParameter,
  WholeNumberField,
} from '../../platform/http/index.js';
import { MAX_ID } from '../rows/row-id.js';

export const EVENT_NAME = {
  takes: 'the name of an event',
  maxLength: 255,
  example: 'warm-up',
};

/** What `POST /benchmarks/events` takes. */
export class BenchmarkEventBody {
  @WholeNumberField({
    min: 1,
    max: MAX_ID,
    description: 'The benchmark of the event.',
    required: true,
    example: 12,
  })
  benchmark_id!: number;

  @TextParameter({ ...EVENT_NAME, description: 'Name of the event.', required: true })
  name!: string;

  @ChoiceParameter({
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
