import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import type { BlockKind } from './block.entity.js';

/** A height with different blocks, as reported by nodes of a chain. */
@Entity('fork_watch_forks', { synchronize: false })
export class Fork {
  @PrimaryGeneratedColumn({ type: 'bigint' })
  id!: string;

  @Column('timestamptz', { name: 'found_at', default: () => 'now()' })
  foundAt!: Date;

  /** Key of the chain: its genesis hash, or `name:` and its name. */
  @Column('text', { name: 'chain_key' })
  chainKey!: string;

  @Column('text', { nullable: true })
  chain!: string | null;

  @Column('text')
  kind!: BlockKind;

  @Column('bigint')
  height!: string;

  /** The known blocks at that time, in order of arrival. */
  @Column('text', { array: true })
  hashes!: string[];
}
