import {
  ObjectField,
  TextParameter,
  TimestampParameter,
  WholeNumberField,
} from '../../platform/http/index.js';
import { MAX_ID } from '../rows/row-id.js';

/** What a benchmark consists of. */
export class BenchmarkBody {
  @ObjectField({
    description: 'The workload. Its `substrate.peerId` names the node if `setup` does not.',
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

  @TextParameter({
    takes: 'notes',
    description: 'Notes.',
    maxLength: 65_536,
    nullable: true,
    example: 'notes',
  })
  description?: string | null;

  @WholeNumberField({
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
    description: 'Configuration of the run. Its `substrate.peerId` names the node.',
    nullable: true,
    example: { substrate: { peerId: '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp' } },
  })
  setup?: object | null;
}
