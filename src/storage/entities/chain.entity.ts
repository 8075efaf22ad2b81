import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** A chain that nodes were heard of, kept beyond its messages. */
@Entity('chains', { synchronize: false })
export class Chain {
  @PrimaryGeneratedColumn('identity', { type: 'integer', generatedIdentity: 'BY DEFAULT' })
  id!: number;

  /** See `chain-key.ts`. */
  @Column('text')
  key!: string;

  /** The name that a node said last; null where none of them said one. */
  @Column('text', { nullable: true })
  name!: string | null;

  /** All names that its nodes said, the first sixteen of them. */
  @Column('text', { array: true })
  names!: string[];

  @Column('timestamptz', { name: 'first_seen_at' })
  firstSeenAt!: Date;

  @Column('timestamptz', { name: 'last_seen_at' })
  lastSeenAt!: Date;
}
