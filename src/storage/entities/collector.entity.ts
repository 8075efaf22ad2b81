import { Column, Entity, PrimaryColumn } from 'typeorm';
import { NOTHING_KNOWN } from '../schema/index.js';

/**
 * A server process; its gaps are the times in which nothing could be heard of its nodes. Or a database of 0.1.4 that was
 * brought over, with its `id` in `imports`.
 */
@Entity('collectors', { synchronize: false })
export class Collector {
  /** In the ids of its connections, and in all that its batches write. */
  @PrimaryColumn('integer')
  number!: number;

  @Column('uuid')
  id!: string;

  @Column('text')
  host!: string;

  @Column('text')
  version!: string;

  @Column('timestamptz', { name: 'started_at' })
  startedAt!: Date;

  @Column('timestamptz', { name: 'last_seen_at' })
  lastSeenAt!: Date;

  @Column('timestamptz', { name: 'stopped_at', nullable: true })
  stoppedAt!: Date | null;

  /** Batches with lower ids are done with: nothing holds them that might be stored again. See `held-batches.ts`. */
  @Column('uuid', { name: 'holds_from', default: NOTHING_KNOWN })
  holdsFrom!: string;
}
