import type { ClientBase } from 'pg';
import {
  listPartitions,
  LOG_TABLES,
  type LogTable,
  missingRanges,
  type PartitionManager,
} from '../../storage/index.js';
import { ImportError } from '../import-options.js';

/** Times of messages, both included: milliseconds since the epoch. */
export interface Span {
  first: number;
  last: number;
}

/** Partitions of a table, at most. Who reads without bounds locks each of them, and a server has few thousand locks. */
export const MAX_PARTITIONS = 300;

/** Makes the partitions that messages need, unless nodes whose clocks were wrong would have too many of them made. */
export class BoundedPartitions {
  constructor(private readonly partitions: PartitionManager) {}

  widthOf(table: LogTable): string {
    return this.partitions.widthOf(table);
  }

  /** What is known of partitions is not true any more. */
  forget(): void {
    for (const table of LOG_TABLES) this.partitions.forget(table);
  }

  /**
   * Makes what is missing for all of these times. Not from the oldest to the newest of all: a clock that is wrong by
   * years would make a partition for each month.
   *
   * @throws ImportError where there would be too many; none is made then
   */
  async ensure(client: ClientBase, table: LogTable, spans: readonly Span[]): Promise<void> {
    if (spans.length === 0) return;
    const there = await listPartitions(client, table);
    let missing = 0;
    const planned = [...there];
    for (const { first, last } of spans) {
      const ranges = missingRanges(planned, first, last, this.partitions.widthOf(table));
      if (ranges.length === 0) continue;
      missing += ranges.length;
      planned.push(...ranges.map((range) => ({ ...range, name: '' })));
      planned.sort((one, other) => one.from - other.from);
      if (planned.length > MAX_PARTITIONS) throw tooMany(table, this.widthOf(table));
    }
    if (missing === 0) return;
    for (const { first, last } of spans) await this.partitions.ensure(table, first, last);
  }
}

function tooMany(table: LogTable, width: string): ImportError {
  const expired = table === 'logs_expiring' ? ', or set a smaller LOG_EXPIRY_H to skip older messages' : '';
  return new ImportError(
    `The messages span too many partitions, because clocks of nodes were wrong: ${table} would have more than ` +
      `${MAX_PARTITIONS} partitions, one for each ${width}. Delete messages with a wrong created_at from the source` +
      `${expired}, and run the import again. To list them: SELECT date_trunc('${width}', created_at), count(*) FROM ` +
      'the message table GROUP BY 1 ORDER BY 1.',
  );
}
