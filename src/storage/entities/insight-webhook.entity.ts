import { Column, Entity, PrimaryColumn, PrimaryGeneratedColumn } from 'typeorm';

/** Since when events are sent to `INSIGHT_WEBHOOK_URL`: one row. */
@Entity('insight_webhook_state', { synchronize: false })
export class InsightWebhookState {
  /** Always true. */
  @PrimaryColumn('boolean')
  id!: true;

  @Column('timestamptz')
  since!: Date;
}

/** An event that was sent to `INSIGHT_WEBHOOK_URL`, or is to be. */
@Entity('insight_webhook_events', { synchronize: false })
export class InsightWebhookEvent {
  /** Events are sent in this order. */
  @PrimaryGeneratedColumn('identity', { type: 'bigint' })
  number!: string;

  @Column('timestamptz', { name: 'captured_at', default: () => 'now()' })
  capturedAt!: Date;

  /** When it was delivered, or dropped. */
  @Column('timestamptz', { name: 'finished_at', nullable: true })
  finishedAt!: Date | null;

  @Column('integer', { name: 'chain_id', nullable: true })
  chainId!: number | null;

  @Column('boolean', { nullable: true })
  delivered!: boolean | null;

  @Column('uuid', { unique: true })
  id!: string;

  @Column('text')
  type!: string;

  @Column('text')
  phase!: string;

  /** The body of the request. */
  @Column('json')
  body!: unknown;
}
