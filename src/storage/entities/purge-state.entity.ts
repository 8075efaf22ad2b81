import { Column, Entity, PrimaryColumn } from 'typeorm';

/** When the database was last purged: one row. */
@Entity('purge_state', { synchronize: false })
export class PurgeState {
  /** Always true. */
  @PrimaryColumn('boolean', { default: true })
  id!: true;

  /** When a purge last removed all that had expired, by the database's clock; before the first, when the table was made. */
  @Column('timestamptz', { name: 'succeeded_at' })
  succeededAt!: Date;
}
