import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A node in one hour, as far as its minutes are closed. */
@Entity('insight_node_hours', { synchronize: false })
export class InsightNodeHour {
  @PrimaryColumn('integer', { name: 'chain_id' })
  chainId!: number;

  @PrimaryColumn('integer', { name: 'node_id' })
  nodeId!: number;

  @PrimaryColumn('timestamptz')
  hour!: Date;

  /** Its clock minus the database's, in microseconds, since it was last set. */
  @Column('bigint', { name: 'clock_offset_us', nullable: true })
  clockOffsetUs!: string | null;

  /** How often the clock was set: by more than a quarter of a second. */
  @Column('smallint', { name: 'clock_steps' })
  clockSteps!: number;

  /** Minutes in which anything arrived. */
  @Column('smallint')
  minutes!: number;

  /** `system.interval` messages with its chain, and with its network. */
  @Column('smallint', { name: 'chain_reports' })
  chainReports!: number;

  @Column('smallint', { name: 'network_reports' })
  networkReports!: number;

  /** Blocks that it imported as they spread, those at which it was expected, and those of them that arrived. */
  @Column('integer')
  imports!: number;

  @Column('integer')
  expected!: number;

  @Column('integer')
  arrived!: number;

  /** Delays by the bounds of `quantiles.ts`. */
  @Column('smallint', { name: 'delay_bins', array: true })
  delayBins!: number[];

  /** Minutes with a height, and by how many blocks it was behind its chain, summed over them. */
  @Column('smallint', { name: 'behind_minutes' })
  behindMinutes!: number;

  @Column('integer', { name: 'behind_sum' })
  behindSum!: number;

  /** The most peers at the end of a minute. */
  @Column('bigint', { name: 'peers_max', nullable: true })
  peersMax!: string | null;

  /** Bytes a second, summed over the minutes of `peersBins`. */
  @Column('bigint', { name: 'download_sum' })
  downloadSum!: string;

  @Column('bigint', { name: 'upload_sum' })
  uploadSum!: string;

  /** Minutes by the bounds of `count-bins.ts`: a byte for each bin, without zeros at the end. */
  @Column('bytea', { name: 'lag_bins' })
  lagBins!: Buffer;

  @Column('bytea', { name: 'peers_bins' })
  peersBins!: Buffer;

  @Column('bytea', { name: 'txcount_bins' })
  txcountBins!: Buffer;
}

/** A benchmark of the machine of a node. The scores, in MB/s, are the key; nullable ones may not have been measured. */
@Entity('insight_hardware', { synchronize: false })
export class InsightHardware {
  @PrimaryColumn('integer', { name: 'chain_id' })
  chainId!: number;

  @PrimaryColumn('integer', { name: 'node_id' })
  nodeId!: number;

  /** When a node first and last sent it: on each connection until it starts again. */
  @Column('timestamptz', { name: 'first_at' })
  firstAt!: Date;

  @Column('timestamptz', { name: 'last_at' })
  lastAt!: Date;

  @PrimaryColumn('integer', { name: 'cpu_score' })
  cpuScore!: number;

  @PrimaryColumn('integer', { name: 'memory_score' })
  memoryScore!: number;

  @Column('integer', { name: 'disk_sequential_score', nullable: true })
  diskSequentialScore!: number | null;

  @Column('integer', { name: 'disk_random_score', nullable: true })
  diskRandomScore!: number | null;

  @Column('integer', { name: 'parallel_cpu_score', nullable: true })
  parallelCpuScore!: number | null;

  @Column('integer', { name: 'parallel_cpu_cores', nullable: true })
  parallelCpuCores!: number | null;
}
