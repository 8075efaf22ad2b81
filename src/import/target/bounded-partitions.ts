import type { ClientBase } from 'pg';
import {
  listPartitions,
  LOG_TABLES,
  type LogTable,
  missingRanges,
  type PartitionManager,
} from '../../storage/index.js';
import { ImportError } from '../import-options.js';

/** A time range of messages, inclusive: milliseconds since the epoch. */
interface Span {
  first: number;
  last: number;
}

/** Maximum number of partitions of a table. A query without a time range locks each of them. */
export const MAX_PARTITIONS = 300;

/** Creates the partitions for messages, with a limit: wrong clocks of nodes could require very many. */
export class BoundedPartitions {
  constructor(private readonly partitions: PartitionManager) {}

  widthOf(table: LogTable): string {
    return this.partitions.widthOf(table);
  }

  /** Clears cached partitions. */
  forget(): void {
    for (const table of LOG_TABLES) this.partitions.forget(table);
  }

  /**
   * Creates missing partitions for each span. Not for the whole range: a clock that is wrong by years would create a
   * partition for each month.
   *
   * @throws ImportError if there would be too many; then none is created
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
