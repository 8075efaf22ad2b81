import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The id of a batch that is stored: it is never stored again. */
@Entity('ingest_batches', { synchronize: false })
export class IngestBatch {
  @PrimaryColumn('uuid')
  id!: string;

  @PrimaryColumn('integer')
  collector!: number;

  @Column('timestamptz', { name: 'stored_at', default: () => 'now()' })
  storedAt!: Date;
}
