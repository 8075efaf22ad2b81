import { ROW_COLUMNS } from '../../telemetry/index.js';
import type { LogTable } from '../../storage/index.js';
import type { Step } from './pipeline.js';

/** Appends lines of COPY's text format to a table. */
export function copyRows(table: LogTable, text: Buffer): Step {
  return { sql: `COPY ${table} (${ROW_COLUMNS.join(', ')}) FROM STDIN`, copy: text };
}
