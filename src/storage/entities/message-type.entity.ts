import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The name that belongs to a number in the column `type` of messages: a copy of `message-types.ts` for SQL by hand. */
@Entity('message_types', { synchronize: false })
export class StoredMessageType {
  @PrimaryColumn('smallint')
  id!: number;

  @Column('text')
  name!: string;
}
