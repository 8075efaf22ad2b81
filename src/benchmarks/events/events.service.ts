import { Injectable, NotFoundException } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { BenchmarkEvent, cursorRows, ReadTransaction } from '../../storage/index.js';
import { InvalidParameterError } from '../../platform/http/index.js';
import { outOfYears } from '../rows/constraint-problems.js';
import { JsonRows } from '../rows/json-rows.js';
import type { BenchmarkEventBody } from './event.body.js';
import { EVENT_JSON } from './event.dto.js';

/** What happens in benchmarks. Answers are the JSON of BenchmarkEvents. */
@Injectable()
export class EventsService {
  private readonly rows: JsonRows<BenchmarkEvent>;

  constructor(@InjectRepository(BenchmarkEvent) private readonly events: Repository<BenchmarkEvent>) {
    this.rows = new JsonRows(events, EVENT_JSON);
  }

  /**
   * @returns the oldest first
   * @throws NotFoundException where there is no such benchmark
   */
  list(benchmarkId: number): AsyncIterable<string> {
    return ReadTransaction.read(this.events.manager.dataSource, async function* (transaction) {
      const found = await transaction.query('SELECT 1 FROM benchmarks WHERE id = $1::bigint', [benchmarkId]);
      if (found.length === 0) throw new NotFoundException('There is no benchmark with this id.');
      yield* cursorRows(transaction, LIST, [benchmarkId]);
    });
  }

  async create(body: BenchmarkEventBody): Promise<string> {
    return await this.rows.insert(this.rows.valuesOf(body), {
      benchmark_events_created_at: outOfYears('created_at'),
      benchmark_events_benchmark: () =>
        new InvalidParameterError('benchmark_id', 'must be the id of an existing benchmark'),
    });
  }
}

const LIST = `
  SELECT ${EVENT_JSON} AS row FROM benchmark_events WHERE benchmark_id = $1::bigint ORDER BY created_at, id`;
