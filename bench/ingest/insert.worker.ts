import pg from 'pg';
import { cpuSeconds } from '../support/cpu.js';
import { flatForm, kindAt, smallMessages } from '../support/messages.js';
import { worker } from '../support/worker.js';
import type { WriterInput, WriterOutput } from './copy.worker.js';

/** What 0.1.4 did: multi-row INSERTs into a table of its shape, with its foreign key and indexes. */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS v014_connections (id serial PRIMARY KEY, peer_id text);
  CREATE TABLE IF NOT EXISTS v014_logs (
    id serial PRIMARY KEY,
    created_at timestamp NOT NULL DEFAULT now(),
    logs jsonb NOT NULL,
    peer_connection_id integer NOT NULL REFERENCES v014_connections (id));
  CREATE INDEX IF NOT EXISTS v014_created_at_msg ON v014_logs (created_at, (logs->>'msg'));
  CREATE INDEX IF NOT EXISTS v014_msg ON v014_logs ((logs->>'msg'));
  CREATE INDEX IF NOT EXISTS v014_peerset
    ON v014_logs USING gin ((logs->'state'->'peerset'->'nodes') jsonb_path_ops)`;

worker(async (input: WriterInput): Promise<WriterOutput> => {
  const setup = new pg.Client({ connectionString: input.url });
  await setup.connect();
  await setup.query(SCHEMA);
  const made = await setup.query<{ id: number }>(
    "INSERT INTO v014_connections (peer_id) SELECT 'peer' || n FROM generate_series(1, 50) AS n RETURNING id",
  );
  const ids = made.rows.map((row) => row.id);
  await setup.end();
  const clients = await Promise.all(
    Array.from({ length: input.connections }, async () => {
      const client = new pg.Client({ connectionString: input.url });
      await client.connect();
      return client;
    }),
  );
  const places = Array.from(
    { length: input.batch },
    (_, row) => `($${(3 * row + 1).toString()}, $${(3 * row + 2).toString()}, $${(3 * row + 3).toString()})`,
  );
  const sql = `INSERT INTO v014_logs (created_at, logs, peer_connection_id) VALUES ${places.join(', ')}`;
  let rows = 0;
  let bytes = 0;
  const cpuBefore = cpuSeconds(process.pid);
  const startedAt = performance.now();
  await Promise.all(
    clients.map(async (client) => {
      while ((performance.now() - startedAt) / 1000 < input.seconds) {
        const ts = new Date().toISOString();
        const values: unknown[] = [];
        for (let row = 0; row < input.batch; row += 1) {
          const text = JSON.stringify(flatForm(kindAt(smallMessages, row), ts));
          values.push(ts, text, ids[row % ids.length]);
          bytes += text.length;
        }
        // Not prepared: neither does 0.1.4's database layer prepare inserts of many rows.
        await client.query(sql, values);
        rows += input.batch;
      }
    }),
  );
  const seconds = (performance.now() - startedAt) / 1000;
  const cpu = cpuSeconds(process.pid) - cpuBefore;
  await Promise.all(clients.map((client) => client.end()));
  return { rows, bytes, seconds, cpuSeconds: cpu };
});
