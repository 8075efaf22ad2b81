import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** A run of a node on a host system. It has a `benchmarkSpec`, a `setup`, or both. */
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
