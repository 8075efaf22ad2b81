import { timeText } from '../../storage/index.js';
import { ObjectOf, TextOf, TimeOf, WholeNumberOf } from '../../platform/http/index.js';

/** The JSON of a {@link Benchmark} from its row. */
export const BENCHMARK_JSON = `json_build_object(
  'id', id, 'created_at', ${timeText('created_at')}, 'benchmark_spec', benchmark_spec, 'chain_spec', chain_spec,
  'description', description, 'host_system_id', host_system_id, 'ts_end', ${timeText('ts_end')},
  'ts_start', ${timeText('ts_start')}, 'setup', setup)::text`;

/** A run of a node on a host system. */
export class Benchmark {
  @WholeNumberOf('', { example: 12 })
  id!: number;

  @TimeOf('When it was created.')
  created_at!: string;

  @ObjectOf('The workload, with every digit of its numbers.', { nullable: true, example: { tdb: 'tbd' } })
  benchmark_spec!: object | null;

  @ObjectOf('The chain of the run.', { nullable: true, example: { name: 'Development' } })
  chain_spec!: object | null;

  @TextOf('', { example: 'notes' })
  description!: string;

  @WholeNumberOf('The host system of the run.', { nullable: true, example: 2 })
  host_system_id!: number | null;

  @TimeOf('End of the run.', { nullable: true })
  ts_end!: string | null;

  @TimeOf('Start of the run.', { nullable: true })
  ts_start!: string | null;

  @ObjectOf('Configuration of the run.', {
    nullable: true,
    example: { substrate: { peerId: '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp' } },
  })
  setup!: object | null;
}
