import type { ClientBase } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { ROW_COLUMNS } from '../../telemetry/index.js';
import type { LogTable } from '../partitions/partition-catalogue.js';

/** Appends lines of COPY's text format to a table. */
export async function copyRows(client: ClientBase, table: LogTable, text: Buffer): Promise<void> {
  const stream = client.query(copyFrom(`COPY ${table} (${ROW_COLUMNS.join(', ')}) FROM STDIN`));
  await new Promise<void>((resolve, reject) => {
    stream.once('error', reject);
    stream.once('finish', resolve);
    stream.end(text);
  });
}
