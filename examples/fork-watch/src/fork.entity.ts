import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import type { BlockKind } from './block.entity.js';

/** A height at which nodes of a chain reported different blocks. */
@Entity('fork_watch_forks', { synchronize: false })
export class Fork {
  @PrimaryGeneratedColumn({ type: 'bigint' })
  id!: string;

  @Column('timestamptz', { name: 'found_at', default: () => 'now()' })
  foundAt!: Date;

  @Column('text')
  chain!: string;

  @Column('text')
  kind!: BlockKind;

  @Column('bigint')
  height!: string;

  /** The blocks there when it was found, in the order in which they were seen. */
  @Column('text', { array: true })
  hashes!: string[];
}
