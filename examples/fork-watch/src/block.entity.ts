import { Column, Entity, PrimaryColumn } from 'typeorm';

/** `best`: nodes went on from it. `finalized`: they will never go back behind it. */
export type BlockKind = 'best' | 'finalized';

/** A block that some node reported. A day later it is forgotten. */
@Entity('fork_watch_blocks', { synchronize: false })
export class Block {
  /** What identifies the chain: its genesis hash, or `name:` and its name. */
  @PrimaryColumn('text', { name: 'chain_key' })
  chainKey!: string;

  /** Its name, as the node said it. Several chains may have one. */
  @Column('text', { nullable: true })
  chain!: string | null;

  @PrimaryColumn('text')
  kind!: BlockKind;

  /** PostgreSQL's bigint, as text. */
  @PrimaryColumn('bigint')
  height!: string;

  @PrimaryColumn('text')
  hash!: string;

  /** Who reported it first. */
  @Column('text', { name: 'peer_id', nullable: true })
  peerId!: string | null;

  @Column('timestamptz', { name: 'seen_at', default: () => 'now()' })
  seenAt!: Date;
}
