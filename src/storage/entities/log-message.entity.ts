import { Column, Entity, PrimaryColumn, ViewColumn, ViewEntity } from 'typeorm';

/**
 * A stored message. The tables have no primary key, since a unique index costs a tenth of the rate;
 * `id` comes from one sequence for both tables and so is unique all the same. bigint is read as text.
 */
abstract class LogMessage {
  @PrimaryColumn('bigint')
  id!: string;

  /** The node's clock, or ours where the node's is out of bounds. */
  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  /** Our clock. */
  @Column('timestamptz', { name: 'received_at' })
  receivedAt!: Date;

  /** The database's clock when the transaction began. Readers poll it for what is new. */
  @Column('timestamptz', { name: 'stored_at', default: () => 'now()' })
  storedAt!: Date;

  /** bigint, below 2^53; read as text. */
  @Column('bigint', { name: 'peer_connection_id' })
  peerConnectionId!: string;

  /** The number of the server process that took it in. */
  @Column('integer')
  collector!: number;

  /** See `message-types.ts`. */
  @Column('smallint')
  type!: number;

  /** The whole message in flat form. */
  @Column('jsonb')
  logs!: Record<string, unknown>;
}

/** Messages sent to `/`: they go after `LOG_EXPIRY_H`. Partitioned by `created_at`. */
@Entity('logs_expiring', { synchronize: false })
export class ExpiringLogMessage extends LogMessage {}

/** Messages sent to `/audit`: they stay. Partitioned by `created_at`. */
@Entity('logs_audit', { synchronize: false })
export class AuditLogMessage extends LogMessage {}

/** Both tables under the name that dashboards read. */
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
