import { COPY_HEADER, COPY_TRAILER, type LogTable, MESSAGE_COLUMNS } from '../../storage/index.js';
import type { Step } from './pipeline.js';

/** Appends tuples of COPY's binary format to a table. */
export function copyRows(table: LogTable, tuples: readonly Buffer[]): Step {
  return {
    sql: `COPY ${table} (${MESSAGE_COLUMNS.join(', ')}) FROM STDIN (FORMAT binary)`,
    copy: [COPY_HEADER, ...tuples, COPY_TRAILER],
  };
}
