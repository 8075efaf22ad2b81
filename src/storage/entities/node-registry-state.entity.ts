import { Column, Entity, PrimaryColumn } from 'typeorm';

/** How far `chains` and `nodes` are brought up to date: one row. */
@Entity('node_registry', { synchronize: false })
export class NodeRegistryState {
  /** Always true. */
  @PrimaryColumn('boolean')
  id!: true;

  /** The time up to which nodes were counted as heard. */
  @Column('timestamptz', { name: 'seen_until' })
  seenUntil!: Date;

  /** The peer id up to which older connections were read in this round; empty at its begin. */
  @Column('text', { name: 'walked_to' })
  walkedTo!: string;

  /** When the last pass was, by the database's clock; null where there was none. */
  @Column('timestamptz', { name: 'passed_at', nullable: true })
  passedAt!: Date | null;
}
