import { Column, Entity, PrimaryColumn } from 'typeorm';

/** `best`: nodes went on from it. `finalized`: they will never go back behind it. */
export type BlockKind = 'best' | 'finalized';

/** A block that a node reported. Rows expire after a day. */
@Entity('fork_watch_blocks', { synchronize: false })
export class Block {
  /** Key of the chain: its genesis hash, or `name:` and its name. */
  @PrimaryColumn('text', { name: 'chain_key' })
  chainKey!: string;

  /** Name of the chain as the node reported it. Not unique. */
  @Column('text', { nullable: true })
  chain!: string | null;

  @PrimaryColumn('text')
  kind!: BlockKind;

  /** PostgreSQL's bigint, as text. */
  @PrimaryColumn('bigint')
  height!: string;

  @PrimaryColumn('text')
  hash!: string;

  /** The first node that reported it. */
  @Column('text', { name: 'peer_id', nullable: true })
  peerId!: string | null;

  @Column('timestamptz', { name: 'seen_at', default: () => 'now()' })
  seenAt!: Date;
}
