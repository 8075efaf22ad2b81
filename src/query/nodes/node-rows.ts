import { LRUCache } from 'lru-cache';
import type { DataSource } from 'typeorm';
import type { RowPieces } from '../../platform/async/index.js';
import {
  deferredRows,
  mappedRows,
  onePiece,
  readRows,
  REPORTED_FIELDS,
  type RowStatement,
  timeOf,
} from '../../storage/index.js';

/*
 * The JSON of Nodes. Most nodes of a list are as they were in the list before, and PostgreSQL takes ten times as long for
 * their JSON as for finding them. So a list is read as keys, each of which stands for all that the JSON has, and only
 * those that are not known are read and made.
 */

const seconds = (time: string): string => `coalesce(date_part('epoch', ${time})::text, '')`;

/** What the JSON has of other rows than that of the connection, in this order, after its id and state. */
const OF_NODE = [
  'connections',
  'duplicate::text',
  "coalesce(status, '')",
  seconds('status_since'),
  "coalesce(clock_wrong::text, '')",
];
/** A row gets a higher revision when it changes. */
export const NODE_KEY = `concat_ws(',', id, revision, ${seconds('last_message_at')}, ${OF_NODE.join(', ')})`;

/** The text of a value in JSON: from the text that PostgreSQL sends. */
type Json = (text: string) => string;
const asIs: Json = (text) => text;
const string: Json = (text) => JSON.stringify(text);
const flag: Json = (text) => (text === 't' || text === 'true' ? 'true' : 'false');
/** From seconds since the epoch: as a double they are precise to a microsecond. */
const time: Json = (text) => `"${timeOf(Math.round(Number(text) * 1e6))}"`;
const BY_KIND = { peerId: string, text: string, hash: string, flag, time: asIs, object: asIs };

/** Columns of a connection, in the order of the JSON. */
const COLUMNS: readonly { name: string; sql?: string; json: Json }[] = [
  { name: 'id', json: asIs },
  { name: 'ip_addr', json: string },
  { name: 'created_at', sql: seconds('created_at'), json: time },
  { name: 'audit', json: flag },
  ...REPORTED_FIELDS.filter(({ responses }) => responses === 'node').map(({ column, kind }) => ({
    name: column,
    json: BY_KIND[kind],
  })),
];
const PEER_ID = COLUMNS.findIndex(({ name }) => name === 'peer_id');

/** In the order of `$1`. Those that are gone meanwhile have nulls. */
const CONNECTIONS = (chainOrder: string): string => `
  SELECT ${COLUMNS.map(({ name, sql = name }) => sql.replaceAll(name, `connection.${name}`)).join(', ')}, ${chainOrder}
    FROM unnest($1::bigint[]) WITH ORDINALITY AS wanted (id, place)
    LEFT JOIN peer_connections AS connection ON connection.id = wanted.id
   ORDER BY place`;

/** @param values of {@link COLUMNS}, and the chain, as texts; key: see {@link NODE_KEY} */
function nodeJson(values: readonly (string | null)[], key: string): string {
  const [, , lastMessageAt = '', connections = '', duplicate = '', status = '', since = '', wrong = ''] =
    key.split(',');
  const fields = COLUMNS.map(({ name, json }, index) => {
    const value = values[index] ?? null;
    return `"${name}":${value === null ? 'null' : json(value)}`;
  });
  const optional = (text: string, json: Json): string => (text === '' ? 'null' : json(text));
  const cursor = JSON.stringify([values[PEER_ID], values[COLUMNS.length]]);
  fields.push(
    `"connected":${connections === '0' ? 'false' : 'true'}`,
    `"last_message_at":${optional(lastMessageAt, time)}`,
    `"connections":${connections}`,
    `"duplicate":${flag(duplicate)}`,
    `"status":${optional(status, string)}`,
    `"status_since":${optional(since, time)}`,
    `"clock_wrong":${optional(wrong, flag)}`,
    `"cursor":${JSON.stringify(cursor)}`,
  );
  return `{${fields.join(',')}}`;
}

/** Characters of all texts that are kept: those of some 20,000 nodes. */
const MAX_LENGTH = 16 * 1024 * 1024;

/** The JSON of the nodes that were listed last, by their keys. */
export class NodeRows {
  private readonly texts = new LRUCache<string, string>({
    maxSize: MAX_LENGTH,
    sizeCalculation: (text, key) => text.length + key.length,
  });

  /** @param chainOrder SQL of the second part of a cursor, of the table `connection` */
  constructor(
    private readonly dataSource: DataSource,
    private readonly chainOrder: string,
  ) {}

  /** @param keys a statement whose rows are keys: see {@link NODE_KEY} */
  list(keys: RowStatement): RowPieces {
    return deferredRows(async (signal) => {
      const listed: string[] = [];
      for await (const piece of readRows(this.dataSource, keys, { signal })) listed.push(...piece);
      const texts = listed.map((key) => this.texts.get(key));
      const missing = listed.flatMap((_, place) => (texts[place] === undefined ? [place] : []));
      if (missing.length === 0) return onePiece(texts.map((text) => text ?? ''));
      return this.withMissing(listed, texts, missing);
    });
  }

  /** The texts in order, those at `missing` as they are read. */
  private withMissing(
    keys: readonly string[],
    texts: readonly (string | undefined)[],
    missing: readonly number[],
  ): RowPieces {
    let read = 0;
    let next = 0;
    const rows = readRows(this.dataSource, {
      name: 'nodes_of_connections',
      text: CONNECTIONS(this.chainOrder),
      values: [missing.map((place) => keys[place]?.split(',', 1)[0])],
      toRow: (values) => {
        const key = keys[missing[read] ?? NaN] ?? '';
        read += 1;
        if (values[0] === null) return '';
        const text = nodeJson(values, key);
        this.texts.set(key, text);
        return text;
      },
    });
    let made = 0;
    return mappedRows(rows, (piece) => {
      const found: string[] = [];
      for (const text of piece) {
        for (; next < (missing[made] ?? NaN); next += 1) found.push(texts[next] ?? '');
        made += 1;
        next += 1;
        if (text !== '') found.push(text);
      }
      if (made === missing.length) for (; next < texts.length; next += 1) found.push(texts[next] ?? '');
      return found;
    });
  }
}
