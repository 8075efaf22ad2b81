import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** Something in a benchmark began or ended. */
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
