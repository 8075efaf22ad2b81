import { Column, Entity, PrimaryColumn, PrimaryGeneratedColumn } from 'typeorm';

/** A chain of the registry, which outlives its messages. */
@Entity('chains', { synchronize: false })
export class Chain {
  @PrimaryGeneratedColumn('identity', { type: 'integer', generatedIdentity: 'BY DEFAULT' })
  id!: number;

  /** See `chain-key.ts`. */
  @Column('text')
  key!: string;

  /** The latest name that a node reported; null if none did. */
  @Column('text', { nullable: true })
  name!: string | null;

  /** The first sixteen names that its nodes reported. */
  @Column('text', { array: true })
  names!: string[];

  @Column('timestamptz', { name: 'first_seen_at' })
  firstSeenAt!: Date;

  @Column('timestamptz', { name: 'last_seen_at' })
  lastSeenAt!: Date;
}

/** A node of the registry, which outlives its connections. The same peer id on two chains is two nodes. */
@Entity('nodes', { synchronize: false })
export class Node {
  @PrimaryGeneratedColumn('identity', { type: 'integer', generatedIdentity: 'BY DEFAULT' })
  id!: number;

  @Column('integer', { name: 'chain_id' })
  chainId!: number;

  @Column('text', { name: 'peer_id' })
  peerId!: string;

  /** The latest name that it reported. */
  @Column('text', { nullable: true })
  name!: string | null;

  /** Its first and its last message, by the clock of the server. */
  @Column('timestamptz', { name: 'first_seen_at' })
  firstSeenAt!: Date;

  @Column('timestamptz', { name: 'last_seen_at' })
  lastSeenAt!: Date;

  /** The total time with at least one open connection. An interval, which the driver reads as an object. */
  @Column('interval')
  heard!: unknown;

  /** The number of the server process of its latest connection. */
  @Column('integer', { name: 'last_collector' })
  lastCollector!: number;
}

/** The progress of the registry of `chains` and `nodes`: one row. */
@Entity('node_registry', { synchronize: false })
export class NodeRegistryState {
  /** Always true. */
  @PrimaryColumn('boolean')
  id!: true;

  /** The watermark: up to it, the connected time of nodes is counted. */
  @Column('timestamptz', { name: 'seen_until' })
  seenUntil!: Date;

  /** The peer id up to which older connections were read in this cycle; empty at its begin. */
  @Column('text', { name: 'walked_to' })
  walkedTo!: string;

  /** The last pass, by the database's clock; null before the first. */
  @Column('timestamptz', { name: 'passed_at', nullable: true })
  passedAt!: Date | null;
}
