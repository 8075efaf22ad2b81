import { Column, Entity, PrimaryColumn } from 'typeorm';
import { type GapCause, MIN_BATCH_ID } from '../schema/index.js';

/** A server process, or a database imported from version 0.1.4; then a row of `imports` has the same id. */
@Entity('collectors', { synchronize: false })
export class Collector {
  /** Part of the ids of its connections, and of every row that its batches write. */
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

  /** The lowest batch id that this process may not have stored yet: lower ids are stored. See `tables.ts`. */
  @Column('uuid', { name: 'holds_from', default: MIN_BATCH_ID })
  holdsFrom!: string;
}

/** A measured offset of the clock of a server process from the database's clock. */
@Entity('collector_clocks', { synchronize: false })
export class CollectorClock {
  /** The number of the process. */
  @PrimaryColumn('integer')
  collector!: number;

  @PrimaryColumn('timestamptz', { name: 'measured_at' })
  measuredAt!: Date;

  /** Its clock minus the database's: microseconds, as text. */
  @Column('bigint', { name: 'offset_us' })
  offsetUs!: string;

  /** The maximum error of the offset: microseconds. */
  @Column('integer', { name: 'error_us' })
  errorUs!: number;
}

/** A period in which a server process received nothing from its nodes. The times are exact, without a grace period. */
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

  /** Null while it continues, or if the end is not known. */
  @Column('timestamptz', { name: 'ended_at', nullable: true })
  endedAt!: Date | null;
}
