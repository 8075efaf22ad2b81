import { Injectable, NotFoundException } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import type { RowPieces } from '../../platform/async/index.js';
import { InvalidParameterError } from '../../platform/http/index.js';
import { BenchmarkEvent, ReadTransaction } from '../../storage/index.js';
import { JsonRows, yearOutOfRange } from '../rows/json-rows.js';
import { type BenchmarkEventBody, EVENT_JSON } from './event.dto.js';

/** Stores events of benchmarks. Returns the JSON of BenchmarkEvents. */
@Injectable()
export class EventsService {
  private readonly rows: JsonRows<BenchmarkEvent>;

  constructor(@InjectRepository(BenchmarkEvent) private readonly events: Repository<BenchmarkEvent>) {
    this.rows = new JsonRows(events, EVENT_JSON);
  }

  /**
   * @returns oldest first
   * @throws NotFoundException if there is no such benchmark
   */
  list(benchmarkId: number): RowPieces {
    return ReadTransaction.read(this.events.manager.dataSource, async function* (transaction) {
      const found = await transaction.query('SELECT 1 FROM benchmarks WHERE id = $1::bigint', [benchmarkId]);
      if (found.length === 0) throw new NotFoundException('There is no benchmark with this id.');
      yield* transaction.rows({ text: LIST, values: [benchmarkId] });
    });
  }

  async create(body: BenchmarkEventBody): Promise<string> {
    return await this.rows.insert(this.rows.valuesOf(body), {
      benchmark_events_created_at: yearOutOfRange('created_at'),
      benchmark_events_benchmark: () =>
        new InvalidParameterError('benchmark_id', 'must be the id of an existing benchmark'),
    });
  }
}

const LIST = `
  SELECT ${EVENT_JSON} AS row FROM benchmark_events WHERE benchmark_id = $1::bigint ORDER BY created_at, id`;
