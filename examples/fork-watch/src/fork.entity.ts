import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import type { BlockKind } from './block.entity.js';

/** A height at which nodes of a chain reported different blocks. */
@Entity('fork_watch_forks', { synchronize: false })
export class Fork {
  @PrimaryGeneratedColumn({ type: 'bigint' })
  id!: string;

  @Column('timestamptz', { name: 'found_at', default: () => 'now()' })
  foundAt!: Date;

  /** What identifies the chain: its genesis hash, or `name:` and its name. */
  @Column('text', { name: 'chain_key' })
  chainKey!: string;

  @Column('text', { nullable: true })
  chain!: string | null;

  @Column('text')
  kind!: BlockKind;

  @Column('bigint')
  height!: string;

  /** The blocks there when it was found, in the order in which they were seen. */
  @Column('text', { array: true })
  hashes!: string[];
}
