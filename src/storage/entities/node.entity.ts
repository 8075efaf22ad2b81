import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** A node of a chain, kept beyond its connections. The same peer id on two chains is two nodes. */
@Entity('nodes', { synchronize: false })
export class Node {
  @PrimaryGeneratedColumn('identity', { type: 'integer', generatedIdentity: 'BY DEFAULT' })
  id!: number;

  @Column('integer', { name: 'chain_id' })
  chainId!: number;

  @Column('text', { name: 'peer_id' })
  peerId!: string;

  /** The name that it said last. */
  @Column('text', { nullable: true })
  name!: string | null;

  /** Its first and its last message, by the clocks of the servers. */
  @Column('timestamptz', { name: 'first_seen_at' })
  firstSeenAt!: Date;

  @Column('timestamptz', { name: 'last_seen_at' })
  lastSeenAt!: Date;

  /** The time in which at least one of its connections was open. Of type interval, which the driver reads as an object. */
  @Column('interval')
  heard!: unknown;

  /** The number of the server process that heard it last. */
  @Column('integer', { name: 'last_collector' })
  lastCollector!: number;
}
