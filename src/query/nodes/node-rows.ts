import { REPORTED_FIELDS, timeOf } from '../../storage/index.js';

/*
 * The JSON of Nodes, made by this server from the columns of a list of any length: PostgreSQL takes three times as long
 * for its functions of JSON and times.
 */

/** A column of the list, and the text of its value in JSON: from the text that PostgreSQL sends. */
interface Field {
  name: string;
  /** SQL, if it is not the name. */
  sql?: string;
  json: (text: string) => string;
}

const asIs = (text: string): string => text;
const flag = (text: string): string => (text === 't' ? 'true' : 'false');
/** Seconds since the epoch, as a double: precise to a microsecond. */
const time = (text: string): string => `"${timeOf(Math.round(Number(text) * 1e6))}"`;

const BY_KIND = {
  peerId: JSON.stringify,
  text: JSON.stringify,
  hash: JSON.stringify,
  flag,
  time: asIs,
  object: asIs,
};

const timeField = (name: string): Field => ({ name, sql: `date_part('epoch', ${name})`, json: time });

const FIELDS: readonly Field[] = [
  { name: 'id', json: asIs },
  { name: 'ip_addr', json: JSON.stringify },
  timeField('created_at'),
  { name: 'audit', json: flag },
  ...REPORTED_FIELDS.filter(({ responses }) => responses === 'node').map(({ column, kind }) => ({
    name: column,
    json: BY_KIND[kind],
  })),
  { name: 'connected', sql: 'connections > 0', json: flag },
  timeField('last_message_at'),
  { name: 'connections', json: asIs },
  { name: 'duplicate', json: flag },
  { name: 'status', json: JSON.stringify },
  timeField('status_since'),
  { name: 'clock_wrong', json: flag },
  { name: 'cursor', sql: 'chain_order', json: asIs },
];

/** Columns of the list for {@link nodeJson}. */
export const NODE_LIST_COLUMNS = FIELDS.map(({ name, sql = name }) => `${sql} AS "${name}"`).join(', ');

const HEADS = FIELDS.map(({ name }, index) => `${index === 0 ? '{' : ','}"${name}":`);
const PEER_ID = FIELDS.findIndex(({ name }) => name === 'peer_id');
const CURSOR = FIELDS.length - 1;

/** @param values of the columns, as texts of PostgreSQL */
export function nodeJson(values: readonly (string | null)[]): string {
  let text = '';
  for (let index = 0; index < CURSOR; index += 1) {
    const value = values[index] ?? null;
    const field = FIELDS[index];
    text += (HEADS[index] ?? '') + (value === null || field === undefined ? 'null' : field.json(value));
  }
  const cursor = JSON.stringify([values[PEER_ID], values[CURSOR]]);
  return `${text}${HEADS[CURSOR] ?? ''}${JSON.stringify(cursor)}}`;
}
