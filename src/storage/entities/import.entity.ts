import { Column, Entity, PrimaryColumn } from 'typeorm';

/** An imported database of 0.1.4. */
@Entity('imports', { synchronize: false })
export class Import {
  @PrimaryColumn('uuid')
  source!: string;

  /** The import process that may write. Earlier ones may not. */
  @Column('uuid')
  run!: string;

  @Column('timestamptz', { name: 'begun_at', default: () => 'now()' })
  begunAt!: Date;
}

/** A range of imported ids of a table of 0.1.4, both bounds included. */
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

  /** Numbers of rows that were not imported, by reason. */
  @Column('jsonb', { name: 'left_out' })
  leftOut!: Record<string, number>;

  /** Numbers of imported rows that expire, by the UTC hour of their timestamp. */
  @Column('jsonb')
  expiring!: Record<string, number>;

  /** MD5 of the rows with the lowest and the highest id, to recognize the source. */
  @Column('jsonb')
  fingerprints!: Record<string, string>;

  @Column('timestamptz', { name: 'stored_at', default: () => 'now()' })
  storedAt!: Date;
}

/** The new id of an imported row, of tables that others reference. */
@Entity('import_ids', { synchronize: false })
export class ImportId {
  @PrimaryColumn('uuid')
  source!: string;

  @PrimaryColumn('text', { name: 'table_name' })
  tableName!: string;

  @PrimaryColumn('bigint', { name: 'old_id' })
  oldId!: string;

  @Column('bigint', { name: 'new_id' })
  newId!: string;
}
