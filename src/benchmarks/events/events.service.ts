import { Injectable, NotFoundException } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { cursorRows, ReadTransaction } from '../../storage/index.js';
import { InvalidParameterError } from '../../http/index.js';
import { columnValues, insertQuery } from '../rows/column-values.js';
import { oneRow, outOfYears } from '../rows/table-rows.js';
import { EVENT_COLUMNS, type BenchmarkEventBody } from './event.body.js';
import { EVENT_JSON } from './event.dto.js';

/** What happens in benchmarks. Answers are the JSON of BenchmarkEvents. */
@Injectable()
export class EventsService {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * @returns the oldest first
   * @throws NotFoundException where there is no such benchmark
   */
  list(benchmarkId: number): AsyncIterable<string> {
    return ReadTransaction.read(this.dataSource, async function* (transaction) {
      const found = await transaction.query('SELECT 1 FROM benchmarks WHERE id = $1::bigint', [benchmarkId]);
      if (found.length === 0) throw new NotFoundException('There is no benchmark with this id.');
      yield* cursorRows(transaction, LIST, [benchmarkId]);
    });
  }

  async create(body: BenchmarkEventBody): Promise<string> {
    const query = insertQuery('benchmark_events', columnValues(body, '', EVENT_COLUMNS), EVENT_JSON);
    const row = await oneRow(this.dataSource, query, {
      benchmark_events_created_at: outOfYears('created_at'),
      benchmark_events_benchmark: () =>
        new InvalidParameterError('benchmark_id', 'takes the id of a benchmark that is described here'),
    });
    return row ?? '';
  }
}

const LIST = `
  SELECT ${EVENT_JSON} AS row FROM benchmark_events WHERE benchmark_id = $1::bigint ORDER BY created_at, id`;
