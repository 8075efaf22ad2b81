import { Column, Entity, PrimaryColumn } from 'typeorm';

/** How far the messages are aggregated: one row. */
@Entity('insight_state', { synchronize: false })
export class InsightState {
  /** Always true. */
  @PrimaryColumn('boolean')
  id!: true;

  /** Minutes before are aggregated by `insight rebuild` only. */
  @Column('timestamptz', { name: 'began_at' })
  beganAt!: Date;

  /** Minutes before are closed: they do not change any more. */
  @Column('timestamptz', { name: 'closed_until' })
  closedUntil!: Date;

  /** Messages that were stored until then are part of the tables. */
  @Column('timestamptz', { name: 'stored_until' })
  storedUntil!: Date;

  /** The last pass, by the database's clock. */
  @Column('timestamptz', { name: 'passed_at' })
  passedAt!: Date;

  /** Network states that arrived since then, and were stored before `stored_until`, are in `insight_reports`. */
  @Column('timestamptz', { name: 'reports_from', default: () => 'now()' })
  reportsFrom!: Date;

  /** The server process that made it. */
  @Column('uuid')
  owner!: string;
}

/** An hour that must be computed again, or was, because messages were stored or gaps were recorded late. */
@Entity('insight_dirty_hours', { synchronize: false })
export class InsightDirtyHour {
  @PrimaryColumn('timestamptz')
  hour!: Date;

  /** Since it was last computed. */
  @Column('timestamptz', { name: 'first_marked_at' })
  firstMarkedAt!: Date;

  @Column('timestamptz', { name: 'marked_at' })
  markedAt!: Date;

  /** Null if it never was. */
  @Column('timestamptz', { name: 'rebuilt_at', nullable: true })
  rebuiltAt!: Date | null;

  /** When its late messages were stored; null if there are none. */
  @Column('timestamptz', { name: 'stored_from', nullable: true })
  storedFrom!: Date | null;

  @Column('timestamptz', { name: 'stored_until', nullable: true })
  storedUntil!: Date | null;
}

/** A gap of the last days as the aggregation knows it: a difference from `observer_gaps` makes hours dirty. */
@Entity('insight_known_gaps', { synchronize: false })
export class InsightKnownGap {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('timestamptz', { name: 'began_at' })
  beganAt!: Date;

  @Column('timestamptz', { name: 'ended_at', nullable: true })
  endedAt!: Date | null;
}

/** A block that counts, and how it reached the nodes of its chain. */
@Entity('insight_blocks', { synchronize: false })
export class InsightBlock {
  @PrimaryColumn('integer', { name: 'chain_id' })
  chainId!: number;

  @PrimaryColumn('bigint')
  height!: string;

  @PrimaryColumn('bytea')
  hash!: Buffer;

  @Column('timestamptz', { name: 'first_seen_at' })
  firstSeenAt!: Date;

  /** When half of the expected nodes had reported its height as final; null before, and for a block that lost. */
  @Column('timestamptz', { name: 'finalized_at', nullable: true })
  finalizedAt!: Date | null;

  /** The block below, as far as the first nodes show; no message says it. */
  @Column('bytea', { name: 'parent_hash', nullable: true })
  parentHash!: Buffer | null;

  /** The node that made it; null if it does not report here. */
  @Column('integer', { name: 'author_id', nullable: true })
  authorId!: number | null;

  /** Nodes that imported it as it spread. */
  @Column('integer')
  reporters!: number;

  /** Nodes at which it was expected, and those of them at which it arrived. */
  @Column('integer')
  expected!: number;

  @Column('integer')
  arrived!: number;

  /** Delays over the expected nodes; null if it did not reach so many. */
  @Column('real', { name: 'p50_ms', nullable: true })
  p50Ms!: number | null;

  @Column('real', { name: 'p90_ms', nullable: true })
  p90Ms!: number | null;

  @Column('real', { name: 'p95_ms', nullable: true })
  p95Ms!: number | null;

  @Column('real', { name: 'p99_ms', nullable: true })
  p99Ms!: number | null;

  @Column('real', { name: 'spread_ms', nullable: true })
  spreadMs!: number | null;

  /** Reported by the only node of its chain. */
  @Column('boolean', { name: 'single_source' })
  singleSource!: boolean;

  /** Whether it is the final block of its height; null before its height is final. */
  @Column('boolean', { nullable: true })
  canonical!: boolean | null;

  /** Whether no node reported exactly this height as final, so that the block above decided, or most imports. */
  @Column('boolean', { nullable: true })
  inferred!: boolean | null;

  /** Delays by the bounds of `quantiles.ts`. */
  @Column('integer', { array: true })
  bins!: number[];
}

/** The arrival of a block at each of its expected nodes. */
@Entity('insight_arrivals', { synchronize: false })
export class InsightArrivals {
  @PrimaryColumn('integer', { name: 'chain_id' })
  chainId!: number;

  @PrimaryColumn('bigint')
  height!: string;

  @PrimaryColumn('bytea')
  hash!: Buffer;

  @Column('timestamptz', { name: 'first_seen_at' })
  firstSeenAt!: Date;

  /** Ids of nodes, ascending. */
  @Column('integer', { array: true })
  nodes!: number[];

  /** At each of them: milliseconds after `first_seen_at`; null if it did not arrive. */
  @Column('integer', { name: 'delays_ms', array: true })
  delaysMs!: (number | null)[];
}

/** One minute of a chain. */
@Entity('insight_minutes', { synchronize: false })
export class InsightMinute {
  @PrimaryColumn('integer', { name: 'chain_id' })
  chainId!: number;

  @PrimaryColumn('timestamptz')
  minute!: Date;

  /** Nodes that reported their state. */
  @Column('integer')
  nodes!: number;

  /** Medians of the nodes. */
  @Column('bigint', { nullable: true })
  best!: string | null;

  @Column('bigint', { nullable: true })
  finalized!: string | null;

  /** Blocks between best and finalized, over the nodes near the median. */
  @Column('real', { name: 'lag_p50', nullable: true })
  lagP50!: number | null;

  @Column('real', { name: 'lag_p90', nullable: true })
  lagP90!: number | null;

  /** Blocks that were first seen, and heights that had none before. */
  @Column('integer')
  blocks!: number;

  @Column('integer')
  heights!: number;

  @Column('real', { name: 'block_time_p50_ms', nullable: true })
  blockTimeP50Ms!: number | null;

  @Column('real', { name: 'block_time_p95_ms', nullable: true })
  blockTimeP95Ms!: number | null;

  /** Of its blocks together. */
  @Column('integer', { name: 'expected_arrivals' })
  expectedArrivals!: number;

  @Column('integer')
  arrivals!: number;

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

  /** Heights that became final. */
  @Column('integer', { name: 'final_heights' })
  finalHeights!: number;

  @Column('real', { name: 'time_to_finality_p50_ms', nullable: true })
  timeToFinalityP50Ms!: number | null;

  @Column('real', { name: 'time_to_finality_p90_ms', nullable: true })
  timeToFinalityP90Ms!: number | null;

  /** Nodes by tenths of peers divided by the most that they had; null if none reported its peers. */
  @Column('integer', { name: 'peer_bands', array: true, nullable: true })
  peerBands!: number[] | null;

  @Column('integer', { array: true })
  bins!: number[];
}

/** A time in which a node was stuck or behind, or a chain halted or its finality stalled. */
@Entity('insight_spans', { synchronize: false })
export class InsightSpan {
  @PrimaryColumn('integer', { name: 'chain_id' })
  chainId!: number;

  /** 0 for the chain itself. */
  @PrimaryColumn('integer', { name: 'node_id' })
  nodeId!: number;

  /** `stuck`, `finality_stuck` or `behind` of a node; `halt` or `finality_stall` of a chain. */
  @PrimaryColumn('text')
  kind!: string;

  @PrimaryColumn('timestamptz', { name: 'began_at' })
  beganAt!: Date;

  /** Null while it lasts. */
  @Column('timestamptz', { name: 'ended_at', nullable: true })
  endedAt!: Date | null;

  /** The best or final height when it began. */
  @Column('bigint')
  height!: string;
}
