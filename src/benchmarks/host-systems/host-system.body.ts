import {
  FlagParameter,
  ObjectField,
  PeerIdParameter,
  TextParameter,
  WholeNumberField,
} from '../../platform/http/index.js';

const MAX_INTEGER = 2_147_483_647;
const CPU_CLOCK = {
  min: 1,
  max: MAX_INTEGER,
  description: 'Clock of its processors in MHz.',
  example: 2600,
};
const CPU_QTY = { min: 1, max: MAX_INTEGER, description: 'Number of processor cores.', example: 4 };
const RAM_MB = { min: 1, max: MAX_INTEGER, description: 'Memory in MiB.', example: 8192 };
const DISK_INFO = { takes: 'a description of disks', description: 'Its disks.', example: 'NVME' };
const OS = {
  takes: 'the name of an operating system',
  description: 'Its operating system.',
  example: 'freebsd',
};

/** What may always be given of a host system. */
class HostSystemNotes {
  @TextParameter({
    takes: 'notes',
    description: 'Notes.',
    maxLength: 65_536,
    nullable: true,
    example: 'Any notes to go here',
  })
  description?: string | null;

  @TextParameter({
    takes: 'the name of a processor',
    description: 'Name of its processors.',
    nullable: true,
    example: 'Intel(R) Xeon(R) E-2386G CPU @ 3.50GHz',
  })
  cpu_name?: string | null;

  @TextParameter({
    takes: 'the name of an architecture',
    description: 'The architecture of its processors.',
    nullable: true,
    example: 'x86_64',
  })
  arch?: string | null;

  @TextParameter({
    takes: 'the name of a distribution',
    description: 'The distribution of its operating system.',
    nullable: true,
    example: 'Debian GNU/Linux 12 (bookworm)',
  })
  distro?: string | null;

  @TextParameter({
    takes: 'the version of a kernel',
    description: 'The version of its kernel.',
    nullable: true,
    example: '6.1.0-21-amd64',
  })
  kernel?: string | null;

  @FlagParameter({ description: 'Whether it is a virtual machine.', nullable: true, example: false })
  is_virtual_machine?: boolean | null;

  @ObjectField({ description: 'Further details.', nullable: true, example: { rack: 7 } })
  details?: object | null;
}

/** What `POST /host_systems` takes. */
export class HostSystemBody extends HostSystemNotes {
  @WholeNumberField({ ...CPU_CLOCK, required: true })
  cpu_clock!: number;

  @WholeNumberField({ ...CPU_QTY, required: true })
  cpu_qty!: number;

  @TextParameter({ ...DISK_INFO, required: true })
  disk_info!: string;

  @TextParameter({ ...OS, required: true })
  os!: string;

  @WholeNumberField({ ...RAM_MB, required: true })
  ram_mb!: number;
}

/** What `PATCH /host_systems/{id}` takes: what is left out stays, and null clears. */
export class HostSystemChange extends HostSystemNotes {
  @WholeNumberField({ ...CPU_CLOCK, nullable: true })
  cpu_clock?: number | null;

  @WholeNumberField({ ...CPU_QTY, nullable: true })
  cpu_qty?: number | null;

  @TextParameter({ ...DISK_INFO, nullable: true })
  disk_info?: string | null;

  @TextParameter({ ...OS, nullable: true })
  os?: string | null;

  @WholeNumberField({ ...RAM_MB, nullable: true })
  ram_mb?: number | null;
}

/** What `POST /host_systems/from_node` takes: whose computer it is, and what to say instead of what was reported. */
export class HostSystemFromNode extends HostSystemChange {
  @PeerIdParameter({ description: 'The peer id of the node.', required: true })
  peer_id!: string;
}
