import {
  ApiBoolean,
  ApiInteger,
  ApiObject,
  ApiString,
  ApiTimestamp,
  BooleanField,
  IntegerField,
  MAX_INT32,
  ObjectField,
  PeerIdParameter,
  StringParameter,
} from '../../platform/http/index.js';
import { timeText } from '../../storage/index.js';

const CPU_CLOCK = {
  min: 1,
  max: MAX_INT32,
  description: 'Clock of its processors in MHz.',
  example: 2600,
};
const CPU_QTY = { min: 1, max: MAX_INT32, description: 'Number of processor cores.', example: 4 };
const RAM_MB = { min: 1, max: MAX_INT32, description: 'Memory in MiB.', example: 8192 };
/** 0.1.4 accepts an empty text too, here and in `os`. */
const DISK_INFO = {
  content: 'a description of disks',
  description: 'Its disks.',
  minLength: 0,
  example: 'NVME',
};
const OS = {
  content: 'the name of an operating system',
  description: 'Its operating system.',
  minLength: 0,
  example: 'freebsd',
};

/** The optional fields of a host system. */
class OptionalFields {
  @StringParameter({
    content: 'notes',
    description: 'Notes.',
    maxLength: 65_536,
    nullable: true,
    example: 'Any notes to go here',
  })
  description?: string | null;

  @StringParameter({
    content: 'the name of a processor',
    description: 'Name of its processors.',
    nullable: true,
    example: 'Intel(R) Xeon(R) E-2386G CPU @ 3.50GHz',
  })
  cpu_name?: string | null;

  @StringParameter({
    content: 'the name of an architecture',
    description: 'The architecture of its processors.',
    nullable: true,
    example: 'x86_64',
  })
  arch?: string | null;

  @StringParameter({
    content: 'the name of a distribution',
    description: 'The distribution of its operating system.',
    nullable: true,
    example: 'Debian GNU/Linux 12 (bookworm)',
  })
  distro?: string | null;

  @StringParameter({
    content: 'the version of a kernel',
    description: 'The version of its kernel.',
    nullable: true,
    example: '6.1.0-21-amd64',
  })
  kernel?: string | null;

  @BooleanField({ description: 'Whether it is a virtual machine.', nullable: true, example: false })
  is_virtual_machine?: boolean | null;

  @ObjectField({ description: 'Further details.', nullable: true, example: { rack: 7 } })
  details?: object | null;
}

/** The body of `POST /host_systems`. */
export class HostSystemBody extends OptionalFields {
  @IntegerField({ ...CPU_CLOCK, required: true })
  cpu_clock!: number;

  @IntegerField({ ...CPU_QTY, required: true })
  cpu_qty!: number;

  @StringParameter({ ...DISK_INFO, required: true })
  disk_info!: string;

  @StringParameter({ ...OS, required: true })
  os!: string;

  @IntegerField({ ...RAM_MB, required: true })
  ram_mb!: number;
}

/** The body of `PATCH /host_systems/{id}`: omitted fields stay unchanged, null clears a field. */
export class HostSystemChange extends OptionalFields {
  @IntegerField({ ...CPU_CLOCK, nullable: true })
  cpu_clock?: number | null;

  @IntegerField({ ...CPU_QTY, nullable: true })
  cpu_qty?: number | null;

  @StringParameter({ ...DISK_INFO, nullable: true })
  disk_info?: string | null;

  @StringParameter({ ...OS, nullable: true })
  os?: string | null;

  @IntegerField({ ...RAM_MB, nullable: true })
  ram_mb?: number | null;
}

/** The body of `POST /host_systems/from_node`: the node, and fields that override its report. */
export class HostSystemFromNode extends HostSystemChange {
  @PeerIdParameter({ description: 'The peer id of the node.', required: true })
  peer_id!: string;
}

/** The JSON of a {@link HostSystem} from its row. */
export const HOST_SYSTEM_JSON = `json_build_object(
  'id', id, 'created_at', ${timeText('created_at')}, 'cpu_clock', cpu_clock, 'cpu_qty', cpu_qty,
  'description', description, 'disk_info', disk_info, 'os', os, 'ram_mb', ram_mb, 'cpu_name', cpu_name,
  'arch', arch, 'distro', distro, 'kernel', kernel, 'is_virtual_machine', is_virtual_machine,
  'peer_id', peer_id, 'details', details)::text`;

/** The hardware that benchmarks run on. */
export class HostSystem {
  @ApiInteger('', { example: 2 })
  id!: number;

  @ApiTimestamp('When it was created.')
  created_at!: string;

  @ApiInteger('Clock of its processors in MHz. Nodes report it only as part of some processor names.', {
    format: 'int32',
    nullable: true,
    example: 2600,
  })
  cpu_clock!: number | null;

  @ApiInteger('Number of processor cores.', { format: 'int32', nullable: true, example: 4 })
  cpu_qty!: number | null;

  @ApiString('', { example: 'Any notes to go here' })
  description!: string;

  @ApiString('Its disks. Nodes do not report them.', { nullable: true, example: 'NVME' })
  disk_info!: string | null;

  @ApiString('', { nullable: true, example: 'freebsd' })
  os!: string | null;

  @ApiInteger('Memory in MiB.', { format: 'int32', nullable: true, example: 8192 })
  ram_mb!: number | null;

  @ApiString('', { nullable: true, example: 'Intel(R) Xeon(R) E-2386G CPU @ 3.50GHz' })
  cpu_name!: string | null;

  @ApiString('', { nullable: true, example: 'x86_64' })
  arch!: string | null;

  @ApiString('', { nullable: true, example: 'Debian GNU/Linux 12 (bookworm)' })
  distro!: string | null;

  @ApiString('', { nullable: true, example: '6.1.0-21-amd64' })
  kernel!: string | null;

  @ApiBoolean('Whether it is a virtual machine.', { nullable: true })
  is_virtual_machine!: boolean | null;

  @ApiString('The node whose report it was created from, if any.', {
    nullable: true,
    example: '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp',
  })
  peer_id!: string | null;

  @ApiObject(
    'Further details. From the report of a node: `sysinfo`, `hwbench` (the scores of its own benchmark, in MB/s) ' +
      'and `target_env`, unchanged.',
    { nullable: true, example: { hwbench: { cpu_hashrate_score: 1027 } } },
  )
  details!: object | null;
}
