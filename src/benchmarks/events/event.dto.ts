import { ApiProperty } from '@nestjs/swagger';
import { timeText } from '../../storage/index.js';
import { TextOf, TimeOf, WholeNumberOf } from '../../platform/http/index.js';

/** The JSON of a {@link BenchmarkEvent} from its row. */
export const EVENT_JSON = `json_build_object(
  'id', id, 'benchmark_id', benchmark_id, 'name', name, 'phase', phase,
  'created_at', ${timeText('created_at')})::text`;

/** Something in a benchmark began or ended. */
export class BenchmarkEvent {
  @WholeNumberOf('', { example: 34 })
  id!: number;

  @WholeNumberOf('The benchmark of the event.', { example: 12 })
  benchmark_id!: number;

  @TextOf('Name of the event.', { example: 'warm-up' })
  name!: string;

  @ApiProperty({
    type: 'string',
    enum: ['start', 'end'],
    description: 'Start or end of the event.',
    example: 'start',
  })
  phase!: 'start' | 'end';

  @TimeOf('Time of the event.')
  created_at!: string;
}
