import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The id that a row of 0.1.4 has here, of tables to which others refer. */
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
