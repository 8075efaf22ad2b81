import { Column, Entity, PrimaryColumn, ViewColumn, ViewEntity } from 'typeorm';

/**
 * A stored message. The tables have no primary key, because a unique index costs a tenth of the throughput. `id` is unique
 * because both tables use the same sequence. bigint is read as text.
 */
abstract class LogMessage {
  @PrimaryColumn('bigint')
  id!: string;

  /** By the node's clock, or by the server's if that differs too much. */
  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  /** By the server's clock. */
  @Column('timestamptz', { name: 'received_at' })
  receivedAt!: Date;

  /** The start of the transaction, by the database's clock. Readers poll for new rows by it. */
  @Column('timestamptz', { name: 'stored_at', default: () => 'now()' })
  storedAt!: Date;

  /** bigint, below 2^53; read as text. */
  @Column('bigint', { name: 'peer_connection_id' })
  peerConnectionId!: string;

  /** The number of the server process that received it. */
  @Column('integer')
  collector!: number;

  /** See `message-types.ts`. */
  @Column('smallint')
  type!: number;

  /** The complete message in flat form. */
  @Column('jsonb')
  logs!: Record<string, unknown>;
}

/** Messages of `/`, which expire after `LOG_EXPIRY_H`. Partitioned by `created_at`. */
@Entity('logs_expiring', { synchronize: false })
export class ExpiringLogMessage extends LogMessage {}

/** Messages of `/audit`, which do not expire. Partitioned by `created_at`. */
@Entity('logs_audit', { synchronize: false })
export class AuditLogMessage extends LogMessage {}

/** The view of both tables, which dashboards read. */
@ViewEntity('tetcore_logs', { synchronize: false })
export class TetcoreLog {
  @ViewColumn()
  id!: string;

  @ViewColumn({ name: 'created_at' })
  createdAt!: Date;

  @ViewColumn({ name: 'received_at' })
  receivedAt!: Date;

  @ViewColumn({ name: 'stored_at' })
  storedAt!: Date;

  @ViewColumn({ name: 'peer_connection_id' })
  peerConnectionId!: string;

  @ViewColumn()
  msg!: string | null;

  @ViewColumn()
  logs!: Record<string, unknown>;

  @ViewColumn()
  audit!: boolean;

  @ViewColumn()
  type!: number;

  @ViewColumn()
  collector!: number;
}

/** The name of a number in the column `type`: a copy of `message-types.ts` for SQL queries of users. */
@Entity('message_types', { synchronize: false })
export class StoredMessageType {
  @PrimaryColumn('smallint')
  id!: number;

  @Column('text')
  name!: string;
}

/** A message that was rejected, because it cannot be stored. */
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

  /** The size of the frame, in bytes. */
  @Column('integer')
  size!: number;

  /** The first bytes of the frame; bytea, since text must be valid UTF-8. */
  @Column('bytea')
  head!: Buffer;
}

/** The id of a stored batch, which is not stored again. */
@Entity('ingest_batches', { synchronize: false })
export class IngestBatch {
  @PrimaryColumn('uuid')
  id!: string;

  @PrimaryColumn('integer')
  collector!: number;

  @Column('timestamptz', { name: 'stored_at', default: () => 'now()' })
  storedAt!: Date;
}

/** The last purge of the database: one row. */
@Entity('purge_state', { synchronize: false })
export class PurgeState {
  /** Always true. */
  @PrimaryColumn('boolean', { default: true })
  id!: true;

  /** The last complete purge, by the database's clock; before the first, the creation of the table. */
  @Column('timestamptz', { name: 'succeeded_at' })
  succeededAt!: Date;
}
