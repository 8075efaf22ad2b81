import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { connectionId, typeNumber } from '../../src/storage/index.js';
import { cpuSeconds } from '../support/cpu.js';
import { flatForm, kindAt, networkStates, type Payload, smallMessages } from '../support/messages.js';
import { worker } from '../support/worker.js';

export interface WriterInput {
  url: string;
  connections: number;
  batch: number;
  seconds: number;
  large: boolean;
}

export interface WriterOutput {
  rows: number;
  bytes: number;
  seconds: number;
  cpuSeconds: number;
}

/** The ceiling: formats rows from parsed objects and copies them, and does nothing else. */
worker(async (input: WriterInput): Promise<WriterOutput> => {
  const kinds = input.large ? networkStates : smallMessages;
  const ids = Array.from({ length: 50 }, newConnectionId);
  const clients = await Promise.all(
    Array.from({ length: input.connections }, async () => {
      const client = new pg.Client({ connectionString: input.url });
      await client.connect();
      return client;
    }),
  );
  let rows = 0;
  let bytes = 0;
  const cpuBefore = cpuSeconds(process.pid);
  const startedAt = performance.now();
  await Promise.all(
    clients.map(async (client) => {
      while ((performance.now() - startedAt) / 1000 < input.seconds) {
        const ts = new Date().toISOString();
        const lines: string[] = [];
        for (let row = 0; row < input.batch; row += 1) {
          const kind = kindAt(kinds, row);
          lines.push(line(flatForm(kind, ts), ids[row % ids.length] ?? ''));
        }
        const text = Buffer.from(lines.join(''));
        await copy(client, text);
        rows += input.batch;
        bytes += text.length;
      }
    }),
  );
  const seconds = (performance.now() - startedAt) / 1000;
  const cpu = cpuSeconds(process.pid) - cpuBefore;
  await Promise.all(clients.map((client) => client.end()));
  return { rows, bytes, seconds, cpuSeconds: cpu };
});

/** All that is known here of the table. */
const INTO = 'logs_expiring (created_at, received_at, collector, peer_connection_id, type, logs)';
const COLLECTOR = 1;
/** Counts the connections. */
let connections = 0;

function newConnectionId(): string {
  connections += 1;
  return connectionId(COLLECTOR, connections).toString();
}

function line(message: Payload, connection: string): string {
  const ts = String(message.ts);
  const logs = JSON.stringify(message).replaceAll('\\', '\\\\');
  const type = typeNumber(String(message.msg));
  return `${ts}\t${ts}\t${COLLECTOR}\t${connection}\t${type}\t${logs}\n`;
}

function copy(client: pg.Client, text: Buffer): Promise<void> {
  const stream = client.query(copyFrom(`COPY ${INTO} FROM STDIN`));
  return new Promise((resolve, reject) => {
    stream.once('error', reject);
    stream.once('finish', resolve);
    stream.end(text);
  });
}
