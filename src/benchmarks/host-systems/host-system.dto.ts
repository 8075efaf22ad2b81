import { timeText } from '../../storage/index.js';
import { FlagOf, ObjectOf, TextOf, TimeOf, WholeNumberOf } from '../../platform/http/index.js';

/** The JSON of a {@link HostSystem} from its row. */
export const HOST_SYSTEM_JSON = `json_build_object(
  'id', id, 'created_at', ${timeText('created_at')}, 'cpu_clock', cpu_clock, 'cpu_qty', cpu_qty,
  'description', description, 'disk_info', disk_info, 'os', os, 'ram_mb', ram_mb, 'cpu_name', cpu_name,
  'arch', arch, 'distro', distro, 'kernel', kernel, 'is_virtual_machine', is_virtual_machine,
  'peer_id', peer_id, 'details', details)::text`;

/** A computer that benchmarks run on. */
export class HostSystem {
  @WholeNumberOf('', { example: 2 })
  id!: number;

  @TimeOf('When it was created.')
  created_at!: string;

  @WholeNumberOf('Clock of its processors in MHz. Nodes report it only as part of some processor names.', {
    nullable: true,
    example: 2600,
  })
  cpu_clock!: number | null;

  @WholeNumberOf('Number of processor cores.', { nullable: true, example: 4 })
  cpu_qty!: number | null;

  @TextOf('', { example: 'Any notes to go here' })
  description!: string;

  @TextOf('Its disks. Nodes do not report them.', { nullable: true, example: 'NVME' })
  disk_info!: string | null;

  @TextOf('', { nullable: true, example: 'freebsd' })
  os!: string | null;

  @WholeNumberOf('Memory in MiB.', { nullable: true, example: 8192 })
  ram_mb!: number | null;

  @TextOf('', { nullable: true, example: 'Intel(R) Xeon(R) E-2386G CPU @ 3.50GHz' })
  cpu_name!: string | null;

  @TextOf('', { nullable: true, example: 'x86_64' })
  arch!: string | null;

  @TextOf('', { nullable: true, example: 'Debian GNU/Linux 12 (bookworm)' })
  distro!: string | null;

  @TextOf('', { nullable: true, example: '6.1.0-21-amd64' })
  kernel!: string | null;

  @FlagOf('Whether it is a virtual machine.', { nullable: true })
  is_virtual_machine!: boolean | null;

  @TextOf('The node whose report it was created from, if any.', {
    nullable: true,
    example: '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp',
  })
  peer_id!: string | null;

  @ObjectOf(
    'Further details. From the report of a node: `sysinfo`, `hwbench` (the scores of its own benchmark, in MB/s) ' +
      'and `target_env`, unchanged.',
    { nullable: true, example: { hwbench: { cpu_hashrate_score: 1027 } } },
  )
  details!: object | null;
}
