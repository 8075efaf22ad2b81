import {
  ApiConditions,
  ApiInteger,
  ApiObject,
  ApiString,
  ApiTimestamp,
  IntegerField,
  ObjectField,
  StringParameter,
  TimestampParameter,
} from '../../platform/http/index.js';
import { timeText } from '../../storage/index.js';
import { MAX_ID } from '../rows/resource.js';

/** The body of `PATCH /benchmarks/{id}`: omitted fields stay unchanged, null clears a field. */
export class BenchmarkChange {
  @ObjectField({
    description:
      'The workload. Its `substrate.peerId` or `tetcore.peerId` names the node if `setup` does not.',
    nullable: true,
    example: { tdb: 'tbd' },
  })
  benchmark_spec?: object | null;

  @ObjectField({
    description: 'The chain of the run.',
    nullable: true,
    example: { name: 'Development', etc: 'more chain spec stuff' },
  })
  chain_spec?: object | null;

  @StringParameter({
    content: 'notes',
    description: 'Notes.',
    maxLength: 65_536,
    nullable: true,
    example: 'notes',
  })
  description?: string | null;

  @IntegerField({
    min: 1,
    max: MAX_ID,
    description: 'The host system of the run.',
    nullable: true,
    example: 2,
  })
  host_system_id?: number | null;

  @TimestampParameter({
    description: 'Start of the run, in UTC unless it has an offset.',
    nullable: true,
    example: '1970-01-01T00:00:01',
  })
  ts_start?: string | null;

  @TimestampParameter({
    description: 'End of the run, later than its start.',
    nullable: true,
    example: '2019-10-28T14:05:27.618903',
  })
  ts_end?: string | null;

  @ObjectField({
    description:
      'Configuration of the run. Its `substrate.peerId`, or else `tetcore.peerId`, names the node.',
    nullable: true,
    example: { substrate: { peerId: '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp' } },
  })
  setup?: object | null;
}

/** The body of `POST /benchmarks`. */
@ApiConditions({
  // It needs one of the two.
  if: { properties: { setup: { type: 'null' } } },
  then: { properties: { benchmark_spec: { type: 'object' } }, required: ['benchmark_spec'] },
})
export class BenchmarkBody extends BenchmarkChange {}

/** The JSON of a {@link Benchmark} from its row. */
export const BENCHMARK_JSON = `json_build_object(
  'id', id, 'created_at', ${timeText('created_at')}, 'benchmark_spec', benchmark_spec, 'chain_spec', chain_spec,
  'description', description, 'host_system_id', host_system_id, 'ts_end', ${timeText('ts_end')},
  'ts_start', ${timeText('ts_start')}, 'setup', setup)::text`;

/** A benchmark: a run of a node on a host system. */
export class Benchmark {
  @ApiInteger('', { example: 12 })
  id!: number;

  @ApiTimestamp('When it was created.')
  created_at!: string;

  @ApiObject('The workload, with every digit of its numbers.', { nullable: true, example: { tdb: 'tbd' } })
  benchmark_spec!: object | null;

  @ApiObject('The chain of the run.', { nullable: true, example: { name: 'Development' } })
  chain_spec!: object | null;

  @ApiString('', { example: 'notes' })
  description!: string;

  @ApiInteger('The host system of the run.', { nullable: true, example: 2 })
  host_system_id!: number | null;

  @ApiTimestamp('End of the run.', { nullable: true })
  ts_end!: string | null;

  @ApiTimestamp('Start of the run.', { nullable: true })
  ts_start!: string | null;

  @ApiObject('Configuration of the run.', {
    nullable: true,
    example: { substrate: { peerId: '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp' } },
  })
  setup!: object | null;
}
