import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A message in which a node reports its peers. It expires with the message. */
@Entity('insight_reports', { synchronize: false })
export class InsightReport {
  /** That of the message, like the times and numbers below. */
  @PrimaryColumn('bigint')
  id!: string;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  @Column('bigint', { name: 'peer_connection_id' })
  peerConnectionId!: string;

  @Column('integer')
  collector!: number;

  @Column('boolean')
  audit!: boolean;

  /** Whether `insight_reputation_runs` has its peers. */
  @Column('boolean', { name: 'in_runs' })
  inRuns!: boolean;
}

/** From this report on, the next ones of the same connection and hour say the same of a peer. */
@Entity('insight_reputation_runs', { synchronize: false })
export class InsightReputationRun {
  /** The first report of the run. */
  @PrimaryColumn('bigint', { name: 'report_id' })
  reportId!: string;

  /** The first 16 bytes of the SHA-256 of its peer id. */
  @PrimaryColumn('bytea')
  peer!: Buffer;

  /** Hours since the epoch of the report's `created_at`. */
  @Column('integer')
  hour!: number;

  /** Like `connected`: null if the reports do not contain the peer any more. */
  @Column('numeric', { nullable: true })
  reputation!: string | null;

  @Column('boolean', { nullable: true })
  connected!: boolean | null;
}
