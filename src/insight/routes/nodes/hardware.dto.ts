import { ApiProperty } from '@nestjs/swagger';
import {
  ApiBoolean,
  ApiInteger,
  ApiNumber,
  ApiString,
  ApiStringList,
  ApiTimestamp,
  EnumParameter,
  IntegerParameter,
} from '../../../platform/http/index.js';
import { DEFAULT_REFERENCE, type Reference, REFERENCES } from '../../reference-hardware.js';
import { RangeQuery } from '../insight.query.js';
import { ChainRangeAnswer } from '../series/series.dto.js';

const nullable = true;

/** Parameters of `GET /chains/{chain}/hardware`. */
export class HardwareQuery extends RangeQuery {
  @EnumParameter({
    of: Object.keys(REFERENCES),
    description:
      'What the Polkadot SDK requires, by its minimum of BLAKE2b-256 in MiB/s: it was raised from 783 to 1000.',
    default: DEFAULT_REFERENCE,
  })
  reference: Reference = DEFAULT_REFERENCE;

  @IntegerParameter({ min: 1, max: 2_000, description: 'Maximum number of nodes.', default: 1_000 })
  limit = 1_000;
}

/** Required scores in MiB/s. */
export class ReferenceHardware {
  @ApiString('', { enum: Object.keys(REFERENCES), example: DEFAULT_REFERENCE })
  version!: string;

  @ApiNumber('Hashing (BLAKE2b-256) on one core.', { example: 783.27 })
  cpu!: number;

  @ApiNumber('The same on each of eight cores. Required of authorities of relay chains only.', {
    example: 966.43,
  })
  parallel_cpu!: number;

  @ApiNumber('Copying memory.', { example: 11768.341 })
  memory!: number;

  @ApiNumber('Writing to disk in sequence.', { example: 950 })
  disk_sequential!: number;

  @ApiNumber('Writing to disk at random places.', { example: 420 })
  disk_random!: number;
}

/** The last benchmark of a node. */
export class NodeHardware {
  @ApiString('', { example: '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp' })
  peer_id!: string;

  @ApiString('The latest name of the node.', { nullable, example: 'alice' })
  name!: string | null;

  @ApiBoolean('Whether it runs as a validator. Null if that is not known any more.', { nullable })
  authority!: boolean | null;

  @ApiTimestamp('When the node sent it last. It measures when it starts.')
  measured_at!: string;

  @ApiInteger('MiB/s, like the next four.', { example: 946 })
  cpu!: number;

  @ApiInteger('Null from older builds.', { nullable, example: 1_020 })
  parallel_cpu!: number | null;

  @ApiInteger('', { example: 10_532 })
  memory!: number;

  @ApiInteger('Null if it was not measured.', { nullable, example: 1_487 })
  disk_sequential!: number | null;

  @ApiInteger('Null if it was not measured.', { nullable, example: 541 })
  disk_random!: number | null;

  @ApiInteger('Cores that were measured together.', { nullable, example: 8 })
  parallel_cpu_cores!: number | null;

  @ApiNumber('The lowest required score, divided by its minimum.', { example: 0.895 })
  ratio!: number;

  @ApiStringList(
    'The scores below their minimum: `cpu`, `parallel_cpu`, `memory`, `disk_sequential`, `disk_random`.',
  )
  failed!: string[];

  @ApiBoolean('Whether no measured score is below its minimum.')
  passed!: boolean;
}

/** The machines of a chain's nodes against a reference. */
export class HardwareAnswer extends ChainRangeAnswer {
  @ApiProperty({ type: ReferenceHardware })
  reference!: ReferenceHardware;

  @ApiInteger('Nodes that sent a benchmark.', { example: 251 })
  measured!: number;

  @ApiInteger('Nodes of them that have what is required.', { example: 204 })
  passed!: number;

  @ApiProperty({ type: [NodeHardware], description: 'Lowest `ratio` first.' })
  nodes!: NodeHardware[];
}
