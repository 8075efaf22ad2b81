import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What hours and days of a chain have. */
abstract class InsightSummary {
  @PrimaryColumn('integer', { name: 'chain_id' })
  chainId!: number;

  /** Minutes of which anything is known. */
  @Column('integer')
  minutes!: number;

  /** The most nodes that reported their state in a minute. */
  @Column('integer')
  nodes!: number;

  /** Those of the last minute that has them. */
  @Column('bigint', { nullable: true })
  best!: string | null;

  @Column('bigint', { nullable: true })
  finalized!: string | null;

  /** Medians of those of the minutes. */
  @Column('real', { name: 'lag_p50', nullable: true })
  lagP50!: number | null;

  @Column('real', { name: 'lag_p90', nullable: true })
  lagP90!: number | null;

  /** The greatest `lag_p50` of a minute. */
  @Column('real', { name: 'lag_max', nullable: true })
  lagMax!: number | null;

  @Column('integer')
  blocks!: number;

  @Column('integer')
  heights!: number;

  /** Blocks that lost against the final one of their height; they count where both are known. */
  @Column('integer')
  orphans!: number;

  @Column('real', { name: 'block_time_p50_ms', nullable: true })
  blockTimeP50Ms!: number | null;

  @Column('real', { name: 'block_time_p95_ms', nullable: true })
  blockTimeP95Ms!: number | null;

  @Column('real', { name: 'block_time_max_ms', nullable: true })
  blockTimeMaxMs!: number | null;

  @Column('bigint', { name: 'expected_arrivals' })
  expectedArrivals!: string;

  @Column('bigint')
  arrivals!: string;

  /** By `bins`: wrong by at most a fifth. */
  @Column('real', { name: 'propagation_p50_ms', nullable: true })
  propagationP50Ms!: number | null;

  @Column('real', { name: 'propagation_p90_ms', nullable: true })
  propagationP90Ms!: number | null;

  @Column('real', { name: 'propagation_p95_ms', nullable: true })
  propagationP95Ms!: number | null;

  @Column('real', { name: 'propagation_p99_ms', nullable: true })
  propagationP99Ms!: number | null;

  /** The median of the spreads of its blocks. */
  @Column('real', { name: 'spread_p50_ms', nullable: true })
  spreadP50Ms!: number | null;

  @Column('integer', { name: 'final_heights' })
  finalHeights!: number;

  @Column('real', { name: 'time_to_finality_p50_ms', nullable: true })
  timeToFinalityP50Ms!: number | null;

  @Column('real', { name: 'time_to_finality_p90_ms', nullable: true })
  timeToFinalityP90Ms!: number | null;

  /** Minutes with `peer_bands`, and their sums; null if there are none. */
  @Column('integer', { name: 'peer_minutes', default: 0 })
  peerMinutes!: number;

  @Column('bigint', { name: 'peer_bands', array: true, nullable: true })
  peerBands!: string[] | null;

  @Column('bigint', { array: true })
  bins!: string[];
}

/** One hour of a chain. */
@Entity('insight_hours', { synchronize: false })
export class InsightHour extends InsightSummary {
  @PrimaryColumn('timestamptz')
  hour!: Date;
}

/** One day of a chain, in UTC. */
@Entity('insight_days', { synchronize: false })
export class InsightDay extends InsightSummary {
  @PrimaryColumn('timestamptz')
  day!: Date;
}
