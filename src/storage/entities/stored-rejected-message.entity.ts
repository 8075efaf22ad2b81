import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A message that could not be stored as it came. */
@Entity('rejected_messages', { synchronize: false })
export class StoredRejectedMessage {
  @PrimaryColumn('uuid')
  id!: string;

  @PrimaryColumn('integer')
  collector!: number;

  @Column('timestamptz', { name: 'received_at' })
  receivedAt!: Date;

  @Column('timestamptz', { name: 'stored_at', default: () => 'now()' })
  storedAt!: Date;

  @Column('bigint', { name: 'peer_connection_id', nullable: true })
  peerConnectionId!: string | null;

  @Column('text')
  path!: string;

  @Column('text', { name: 'ip_addr' })
  ipAddr!: string;

  @Column('text')
  reason!: string;

  /** The size of the whole frame, in bytes. */
  @Column('integer')
  size!: number;

  /** The first bytes of the frame; bytea, since a text column refuses broken UTF-8. */
  @Column('bytea')
  head!: Buffer;
}
