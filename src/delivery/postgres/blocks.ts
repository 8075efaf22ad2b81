import type { LogTable } from '../../storage/index.js';
import type { Batch, RowBlock } from '../../telemetry/index.js';

/** The parts of a batch that have rows, each with its table. */
export function blocksOf(batch: Batch): { table: LogTable; block: RowBlock }[] {
  const blocks: { table: LogTable; block: RowBlock }[] = [
    { table: 'logs_expiring', block: batch.expiring },
    { table: 'logs_audit', block: batch.audit },
  ];
  return blocks.filter(({ block }) => block.rows > 0);
}
