import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Ids of a table of 0.1.4, both bounds included, whose rows are brought over. */
@Entity('import_ranges', { synchronize: false })
export class ImportRange {
  @PrimaryColumn('uuid')
  source!: string;

  @PrimaryColumn('text', { name: 'table_name' })
  tableName!: string;

  @PrimaryColumn('bigint', { name: 'first_id' })
  firstId!: string;

  @Column('bigint', { name: 'last_id' })
  lastId!: string;

  /** Rows. */
  @Column('bigint')
  imported!: string;

  /** Rows by the reason for which they did not come. */
  @Column('jsonb', { name: 'left_out' })
  leftOut!: Record<string, number>;

  @Column('timestamptz', { name: 'stored_at', default: () => 'now()' })
  storedAt!: Date;
}
