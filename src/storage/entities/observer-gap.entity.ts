import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { GapCause } from '../schema/index.js';

/** A time in which a server process did not see its nodes, as it was: who judges nodes adds a grace. */
@Entity('observer_gaps', { synchronize: false })
export class ObserverGap {
  @PrimaryColumn('uuid')
  id!: string;

  /** The number of the process. */
  @Column('integer')
  collector!: number;

  @Column('text')
  cause!: GapCause;

  @Column('timestamptz', { name: 'began_at' })
  beganAt!: Date;

  /** Null while it goes on, or where the end is not known. */
  @Column('timestamptz', { name: 'ended_at', nullable: true })
  endedAt!: Date | null;
}
