import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The status of the node of an open connection. */
@Entity('node_statuses', { synchronize: false })
export class StoredNodeStatus {
  @PrimaryColumn('bigint', { name: 'connection_id' })
  connectionId!: string;

  /** Since when the node has this status. */
  @Column('timestamptz')
  since!: Date;

  /** The pass that changed this row. */
  @Column('timestamptz', { name: 'changed_at' })
  changedAt!: Date;

  /** `healthy`, `lagging` and so on. */
  @Column('text')
  status!: string;

  @Column('boolean', { name: 'clock_wrong' })
  clockWrong!: boolean;
}

/** Which server process determines the statuses: one row. */
@Entity('node_status_pass', { synchronize: false })
export class NodeStatusPass {
  /** Always true. */
  @PrimaryColumn('boolean')
  id!: true;

  @Column('uuid', { nullable: true })
  owner!: string | null;

  /** Its last pass, by the database's clock. */
  @Column('timestamptz', { name: 'passed_at', nullable: true })
  passedAt!: Date | null;
}
