import { Column, Entity, PrimaryColumn } from 'typeorm';

/** How far the clock of a server process was from the database's. */
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

  /** How far that may be wrong: microseconds. */
  @Column('integer', { name: 'error_us' })
  errorUs!: number;
}
