import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A connection of a node, which outlives its row in `peer_connections`. */
@Entity('insight_sessions', { synchronize: false })
export class InsightSession {
  @PrimaryColumn('integer', { name: 'node_id' })
  nodeId!: number;

  /** Its first message. */
  @PrimaryColumn('timestamptz', { name: 'began_at' })
  beganAt!: Date;

  @PrimaryColumn('bigint', { name: 'connection_id' })
  connectionId!: string;

  /** Null while it is open; the last message, if the end was noticed later. */
  @Column('timestamptz', { name: 'ended_at', nullable: true })
  endedAt!: Date | null;

  @Column('integer', { name: 'chain_id' })
  chainId!: number;

  @Column('integer')
  collector!: number;

  /** As reported: milliseconds since the epoch by the clock of the node. */
  @Column('bigint', { name: 'startup_time', nullable: true })
  startupTime!: string | null;

  /** The same by the clock of the server. */
  @Column('timestamptz', { name: 'startup_at', nullable: true })
  startupAt!: Date | null;

  /** From then on the process of the node ran, as far as this and earlier sessions show. */
  @Column('timestamptz', { name: 'process_began_at' })
  processBeganAt!: Date;

  @Column('boolean', { nullable: true })
  authority!: boolean | null;

  /** Whether another session of the node was open when it began. */
  @Column('boolean', { name: 'beside_another' })
  besideAnother!: boolean;

  /** Whether the next session was one of another process; null if there is none, or if it is not known. */
  @Column('boolean', { nullable: true })
  restarted!: boolean | null;

  /** Whether the session before it had the same version and implementation. */
  @Column('boolean', { name: 'same_version' })
  sameVersion!: boolean;

  @Column('text', { nullable: true })
  version!: string | null;

  @Column('text', { nullable: true })
  implementation!: string | null;

  /** As in `peer_connections`. */
  @Column('text', { name: 'end_reason', nullable: true })
  endReason!: string | null;

  /** `restart`, `link_lost`, `observer` or `handed_over`; null while it is not known. */
  @Column('text', { name: 'end_cause', nullable: true })
  endCause!: string | null;
}

/** A day (UTC) of a node. */
@Entity('insight_node_days', { synchronize: false })
export class InsightNodeDay {
  @PrimaryColumn('integer', { name: 'node_id' })
  nodeId!: number;

  @PrimaryColumn('date')
  day!: string;

  @Column('integer', { name: 'chain_id' })
  chainId!: number;

  /** With an open connection. */
  @Column('real', { name: 'heard_seconds' })
  heardSeconds!: number;

  /** Of the known time: in which its process ran. */
  @Column('real', { name: 'up_seconds' })
  upSeconds!: number;

  /** In which the servers could have heard it. */
  @Column('real', { name: 'known_seconds' })
  knownSeconds!: number;

  /** From its first message until a week after its last one. */
  @Column('real', { name: 'expected_seconds' })
  expectedSeconds!: number;

  /** Sessions that began without another one, and those that ended so. */
  @Column('integer')
  begins!: number;

  @Column('integer')
  ends!: number;

  @Column('integer')
  restarts!: number;

  @Column('integer', { name: 'links_lost' })
  linksLost!: number;

  /** Ends by gaps of the observer. */
  @Column('integer', { name: 'observer_ends' })
  observerEnds!: number;

  /** Ends without a cause. */
  @Column('integer', { name: 'unknown_ends' })
  unknownEnds!: number;

  /** The last of the day. */
  @Column('boolean', { nullable: true })
  authority!: boolean | null;

  @Column('text', { nullable: true })
  version!: string | null;

  @Column('text', { nullable: true })
  implementation!: string | null;
}

/** Nodes that were heard for an hour or more on a day (UTC), by their last version of the day. */
@Entity('insight_version_days', { synchronize: false })
export class InsightVersionDay {
  @PrimaryColumn('integer', { name: 'chain_id' })
  chainId!: number;

  @PrimaryColumn('date')
  day!: string;

  /** Empty if the node does not report it. */
  @PrimaryColumn('text')
  version!: string;

  @PrimaryColumn('text')
  implementation!: string;

  @Column('integer')
  nodes!: number;
}

/** How many sessions began and ended in an hour. */
@Entity('insight_session_hours', { synchronize: false })
export class InsightSessionHour {
  @PrimaryColumn('integer', { name: 'chain_id' })
  chainId!: number;

  @PrimaryColumn('timestamptz')
  hour!: Date;

  /** Those that began while no other one of their node was open. */
  @Column('integer')
  begins!: number;

  /** Those that ended so that none was open. */
  @Column('integer')
  ends!: number;

  /** Of the ends, by their cause. */
  @Column('integer')
  restarts!: number;

  @Column('integer', { name: 'links_lost' })
  linksLost!: number;

  @Column('integer', { name: 'observer_ends' })
  observerEnds!: number;

  @Column('integer', { name: 'unknown_ends' })
  unknownEnds!: number;
}
