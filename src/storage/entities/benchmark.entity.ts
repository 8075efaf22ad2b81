import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** A machine on which benchmarks run. */
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

  /** The node whose report it was created from, if any. */
  @Column('text', { name: 'peer_id', nullable: true })
  peerId!: string | null;

  @Column('jsonb', { nullable: true })
  details!: Record<string, unknown> | null;
}

/** A benchmark of a node on a host system. It has a `benchmarkSpec`, a `setup`, or both. */
@Entity('benchmarks', { synchronize: false })
export class Benchmark {
  @PrimaryGeneratedColumn({ type: 'bigint' })
  id!: string;

  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  createdAt!: Date;

  @Column('text', { default: '' })
  description!: string;

  @Column('timestamptz', { name: 'ts_start', nullable: true })
  tsStart!: Date | null;

  @Column('timestamptz', { name: 'ts_end', nullable: true })
  tsEnd!: Date | null;

  @Column('bigint', { name: 'host_system_id', nullable: true })
  hostSystemId!: string | null;

  @Column('jsonb', { name: 'benchmark_spec', nullable: true })
  benchmarkSpec!: Record<string, unknown> | null;

  @Column('jsonb', { name: 'chain_spec', nullable: true })
  chainSpec!: Record<string, unknown> | null;

  @Column('jsonb', { nullable: true })
  setup!: Record<string, unknown> | null;
}

/** The begin or the end of a phase of a benchmark. */
@Entity('benchmark_events', { synchronize: false })
export class BenchmarkEvent {
  @PrimaryGeneratedColumn({ type: 'bigint' })
  id!: string;

  @Column('bigint', { name: 'benchmark_id' })
  benchmarkId!: string;

  @Column('text')
  name!: string;

  @Column('text')
  phase!: 'start' | 'end';

  @Column('timestamptz', { name: 'created_at', default: () => 'now()' })
  createdAt!: Date;
}
