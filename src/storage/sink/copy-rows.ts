import type { ClientBase } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { ROW_COLUMNS } from '../../telemetry/index.js';
import type { LogTable } from '../partitions/partition-catalogue.js';

/** Appends lines of COPY's text format to a table. */
export async function copyRows(client: ClientBase, table: LogTable, text: Buffer): Promise<void> {
  const stream = client.query(copyFrom(`COPY ${table} (${ROW_COLUMNS.join(', ')}) FROM STDIN`));
  await new Promise<void>((resolve, reject) => {
    // For good: an error that comes after the first would have nobody to hear it and end the process.
    stream.on('error', reject);
    stream.on('finish', resolve);
    stream.end(text);
  });
}
