import { Column, Entity, PrimaryColumn } from 'typeorm';

/** `best`: nodes went on from it. `finalized`: they will never go back behind it. */
export type BlockKind = 'best' | 'finalized';

/** A block that some node reported. A day later it is forgotten. */
@Entity('fork_watch_blocks', { synchronize: false })
export class Block {
  @PrimaryColumn('text')
  chain!: string;

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
