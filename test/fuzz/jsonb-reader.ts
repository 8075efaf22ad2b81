import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from } from 'pg-copy-streams';
import {
  COPY_HEADER,
  COPY_TRAILER,
  connectionId,
  MESSAGE_COLUMNS,
  typeNameSql,
  typeNumber,
} from '../../src/storage/index.js';
import { RowBlockBuilder } from '../../src/telemetry/batch/row-block-builder.js';
import type { ParsedMessage } from '../../src/telemetry/message/message.parser.js';
import { createdAt } from '../../src/telemetry/message/timestamp.js';

/** What PostgreSQL itself makes of a frame. */
export interface Reading {
  /** As jsonb writes it; null where jsonb refuses it. */
  text: string | null;
  type: string | null;
  hasMsg: boolean | null;
  /** `id`, if it is a number. */
  id: string | null;
  /** The message without its envelope, if there were one: by its rules, in SQL. */
  opened: string | null;
}

export interface Stored {
  msg: string | null;
  logs: string;
}

const CONNECTION = connectionId(1, 1);

const FUNCTIONS = `
  CREATE FUNCTION read_frame(frame bytea) RETURNS jsonb LANGUAGE plpgsql AS $$
    BEGIN
      IF substring(frame FROM 1 FOR 3) = '\\xefbbbf' THEN frame := substring(frame FROM 4); END IF;
      RETURN convert_from(frame, 'UTF8')::jsonb;
    EXCEPTION WHEN others THEN RETURN NULL;
    END $$;
  CREATE FUNCTION open_envelope(frame jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
    DECLARE
      payload jsonb := frame->'payload';
      rest jsonb := frame - 'id' - 'payload';
      twice jsonb;
      name text := '_envelope';
    BEGIN
      IF jsonb_typeof(frame->'id') <> 'number' OR jsonb_typeof(payload) <> 'object' THEN RETURN NULL; END IF;
      SELECT jsonb_object_agg(key, value) INTO twice FROM jsonb_each(rest) WHERE payload ? key;
      IF twice IS NULL THEN RETURN payload || rest; END IF;
      WHILE payload ? name OR rest ? name LOOP name := '_' || name; END LOOP;
      RETURN rest || payload || jsonb_build_object(name, twice);
    END $$;
  CREATE TABLE copied (
    n serial, created_at timestamptz, received_at timestamptz, collector integer, peer_connection_id bigint,
    type smallint, logs jsonb
  );`;

/** Reads frames in PostgreSQL, and stores messages there in the way in which the server does. */
export class JsonbReader {
  private constructor(private readonly client: pg.Client) {}

  static async open(url: string): Promise<JsonbReader> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(FUNCTIONS);
    return new JsonbReader(client);
  }

  async read(frames: readonly Buffer[]): Promise<Reading[]> {
    const { rows } = await this.client.query<Reading>(
      `SELECT f::text AS text, jsonb_typeof(f) AS type, jsonb_typeof(f) = 'object' AND f ? 'msg' AS "hasMsg",
              CASE WHEN jsonb_typeof(f->'id') = 'number' THEN f->>'id' END AS id,
              CASE WHEN jsonb_typeof(f) = 'object' THEN open_envelope(f)::text END AS opened
         FROM (SELECT read_frame(frame) AS f, n FROM unnest($1::bytea[]) WITH ORDINALITY AS u (frame, n)) AS frames
        ORDER BY n`,
      [frames],
    );
    return rows;
  }

  /** By COPY, as rows of a batch. */
  async store(messages: readonly ParsedMessage[], receivedAt: number): Promise<Stored[]> {
    const block = new RowBlockBuilder();
    for (const { ts, msg, logs, ascii } of messages) {
      const head = {
        createdAt: createdAt(ts, receivedAt).microseconds,
        receivedAt: receivedAt * 1000,
        connectionId: CONNECTION,
        type: typeNumber(msg),
      };
      block.add(head, logs, ascii);
    }
    await this.client.query('TRUNCATE copied');
    const copy = this.client.query(
      from(`COPY copied (${MESSAGE_COLUMNS.join(', ')}) FROM STDIN (FORMAT binary)`),
    );
    await pipeline(Readable.from([COPY_HEADER, block.build().tuples, COPY_TRAILER]), copy);
    const { rows } = await this.client.query<Stored>(
      `SELECT ${typeNameSql()} AS msg, logs::text AS logs FROM copied ORDER BY n`,
    );
    return rows;
  }

  async close(): Promise<void> {
    await this.client.end();
  }
}
