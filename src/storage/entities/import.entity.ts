import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A database of 0.1.4 that is brought over. */
@Entity('imports', { synchronize: false })
export class Import {
  @PrimaryColumn('uuid')
  source!: string;

  /** The process that may write: those that were begun before it may not. */
  @Column('uuid')
  run!: string;

  @Column('timestamptz', { name: 'begun_at', default: () => 'now()' })
  begunAt!: Date;
}
