import { EntitySchema, type EntitySchemaColumnOptions } from 'typeorm';
import {
  CONNECTION_COLUMNS,
  type ConnectionColumnType,
  type ConnectionSnapshot,
  type NodeIdentity,
  REPORTED_FIELDS,
} from '../schema/index.js';

/** TypeORM types by the kind of a reported field. */
type StoredSaid<Key extends keyof NodeIdentity> = {
  time: string | null;
  object: Record<string, unknown> | null;
  peerId: string | null;
  text: string | null;
  hash: string | null;
  flag: boolean | null;
}[Extract<(typeof REPORTED_FIELDS)[number], { key: Key }>['kind']];

/** How TypeORM reads values: bigint as text, times as dates. */
type Stored<Key extends keyof ConnectionSnapshot> = Key extends `${string}At`
  ? Date | Extract<ConnectionSnapshot[Key], null>
  : Key extends 'id' | 'envelopeId'
    ? string | Extract<ConnectionSnapshot[Key], null>
    : Key extends keyof NodeIdentity
      ? StoredSaid<Key>
      : ConnectionSnapshot[Key];

/** A connection of a node, from its first message to its end: a row of `peer_connections`. */
export type PeerConnection = { [Key in keyof ConnectionSnapshot]: Stored<Key> } & {
  /** The number of the server process of the socket. */
  collector: number;
};

const TYPE: Readonly<Record<ConnectionColumnType, Partial<EntitySchemaColumnOptions>>> = {
  bigint: { type: 'bigint' },
  boolean: { type: 'boolean' },
  integer: { type: 'integer' },
  jsonb: { type: 'jsonb' },
  'smallint[]': { type: 'smallint', array: true },
  text: { type: 'text' },
  time: { type: 'timestamptz' },
  uuid: { type: 'uuid' },
};

const NULLABLE: ReadonlySet<string> = new Set([
  ...REPORTED_FIELDS.map(({ key }) => key),
  'envelopeId',
  'types',
  'rttUs',
  'endedAt',
  'endReason',
  'endCode',
] satisfies (keyof ConnectionSnapshot)[]);

/** The entity, derived from the list of columns. */
export const PeerConnectionEntity = new EntitySchema<PeerConnection>({
  name: 'PeerConnection',
  tableName: 'peer_connections',
  synchronize: false,
  columns: {
    collector: { type: 'integer', primary: true },
    ...Object.fromEntries(
      CONNECTION_COLUMNS.map(({ key, column, type }) => [
        key,
        { ...TYPE[type], name: column, primary: key === 'id', nullable: NULLABLE.has(key) },
      ]),
    ),
  } as unknown as Record<keyof PeerConnection, EntitySchemaColumnOptions>,
});
