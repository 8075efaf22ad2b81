import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A node on a socket, from its first message to its end. */
@Entity('peer_connections', { synchronize: false })
export class PeerConnection {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('text', { name: 'ip_addr' })
  ipAddr!: string;

  @Column('text', { name: 'peer_id', nullable: true })
  peerId!: string | null;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  @Column('boolean')
  audit!: boolean;

  @Column('text', { nullable: true })
  name!: string | null;

  @Column('text', { nullable: true })
  chain!: string | null;

  @Column('text', { nullable: true })
  version!: string | null;

  @Column('boolean', { nullable: true })
  authority!: boolean | null;

  /** Milliseconds since the epoch, by the node's clock. */
  @Column('bigint', { name: 'startup_time', nullable: true })
  startupTime!: string | null;

  @Column('text', { nullable: true })
  implementation!: string | null;

  @Column('text', { nullable: true })
  config!: string | null;

  @Column('text', { name: 'genesis_hash', nullable: true })
  genesisHash!: string | null;

  @Column('text', { name: 'target_os', nullable: true })
  targetOs!: string | null;

  @Column('text', { name: 'target_arch', nullable: true })
  targetArch!: string | null;

  @Column('text', { name: 'target_env', nullable: true })
  targetEnv!: string | null;

  @Column('jsonb', { nullable: true })
  sysinfo!: Record<string, unknown> | null;

  /** The path that the socket was opened on. */
  @Column('text')
  path!: string;

  /** All nodes on one socket share it. */
  @Column('uuid', { name: 'socket_id' })
  socketId!: string;

  /** The node's `id` in the nested envelope. */
  @Column('bigint', { name: 'envelope_id', nullable: true })
  envelopeId!: string | null;

  /** The server process that held the socket. */
  @Column('uuid', { name: 'collector_id' })
  collectorId!: string;

  /** Grows with every update, so that an older one that arrives late changes nothing. */
  @Column('integer')
  revision!: number;

  @Column('timestamptz', { name: 'first_message_at' })
  firstMessageAt!: Date;

  /** While the connection lives this lags behind by up to half a minute. */
  @Column('timestamptz', { name: 'last_message_at' })
  lastMessageAt!: Date;

  /** No message of this connection has an older `created_at`. */
  @Column('timestamptz', { name: 'oldest_created_at' })
  oldestCreatedAt!: Date;

  /** No message has a newer one, once the connection has ended. */
  @Column('timestamptz', { name: 'newest_created_at' })
  newestCreatedAt!: Date;

  @Column('timestamptz', { name: 'ended_at', nullable: true })
  endedAt!: Date | null;

  @Column('text', { name: 'end_reason', nullable: true })
  endReason!: string | null;

  /** The WebSocket close code. */
  @Column('integer', { name: 'end_code', nullable: true })
  endCode!: number | null;
}
