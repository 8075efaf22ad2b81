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

  /** Those of the imported rows that the purge may remove one day, by the hour in UTC that none is older than. */
  @Column('jsonb')
  expiring!: Record<string, number>;

  /** MD5 of the lowest and of the highest row there, by their ids. By them the source is known again. */
  @Column('jsonb')
  fingerprints!: Record<string, string>;

  @Column('timestamptz', { name: 'stored_at', default: () => 'now()' })
  storedAt!: Date;
}
