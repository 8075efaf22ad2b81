import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** A computer that benchmarks run on. */
@Entity('host_systems', { synchronize: false })
export class HostSystem {
  @PrimaryGeneratedColumn({ type: 'bigint' })
  id!: string;

  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  createdAt!: Date;

  @Column('text', { default: '' })
  description!: string;

  @Column('text', { nullable: true })
  os!: string | null;

  @Column('integer', { name: 'cpu_qty', nullable: true })
  cpuQty!: number | null;

  /** MHz. */
  @Column('integer', { name: 'cpu_clock', nullable: true })
  cpuClock!: number | null;

  /** MiB. */
  @Column('integer', { name: 'ram_mb', nullable: true })
  ramMb!: number | null;

  @Column('text', { name: 'disk_info', nullable: true })
  diskInfo!: string | null;

  @Column('text', { name: 'cpu_name', nullable: true })
  cpuName!: string | null;

  @Column('text', { nullable: true })
  arch!: string | null;

  @Column('text', { nullable: true })
  distro!: string | null;

  @Column('text', { nullable: true })
  kernel!: string | null;

  @Column('boolean', { name: 'is_virtual_machine', nullable: true })
  isVirtualMachine!: boolean | null;

  /** The node that reported it, where it was made from that. */
  @Column('text', { name: 'peer_id', nullable: true })
  peerId!: string | null;

  @Column('jsonb', { nullable: true })
  details!: Record<string, unknown> | null;
}
