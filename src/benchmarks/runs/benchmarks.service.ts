import { BadRequestException, Injectable, NotFoundException } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import type { RowPieces } from '../../platform/async/index.js';
import { InvalidParameterError } from '../../platform/http/index.js';
import { Benchmark, HostSystem, readRows } from '../../storage/index.js';
import { type ConstraintErrors, JsonRows, yearOutOfRange } from '../rows/json-rows.js';
import type { PageQuery } from '../rows/resource.js';
import { BENCHMARK_JSON, type BenchmarkBody, type BenchmarkChange } from './benchmark.dto.js';

/** Each row can have 8 MiB, and two pieces are in memory. */
const ROWS_IN_PIECE = 2;

/** Stores benchmarks. Returns the JSON of Benchmarks. */
@Injectable()
export class BenchmarksService {
  private readonly rows: JsonRows<Benchmark>;

  constructor(
    @InjectRepository(Benchmark) private readonly benchmarks: Repository<Benchmark>,
    @InjectRepository(HostSystem) private readonly hostSystems: Repository<HostSystem>,
  ) {
    this.rows = new JsonRows(benchmarks, BENCHMARK_JSON);
  }

  /** @returns newest first */
  list({ limit, cursor }: PageQuery): RowPieces {
    const values = [limit, cursor ?? null];
    const { dataSource } = this.benchmarks.manager;
    return readRows(dataSource, { text: LIST, values, maxRows: ROWS_IN_PIECE });
  }

  /** @throws NotFoundException */
  async find(id: number): Promise<string> {
    return found(await this.rows.find(id));
  }

  /** @param text the original body */
  async create(body: BenchmarkBody, text: string): Promise<string> {
    return await this.rows.insert(this.rows.valuesOf(body, text), constraintErrors(body));
  }

  /**
   * @param text the original body
   * @throws NotFoundException
   */
  async change(id: number, body: BenchmarkChange, text: string): Promise<string> {
    return found(await this.rows.change(id, this.rows.valuesOf(body, text), constraintErrors(body)));
  }

  /** @throws NotFoundException */
  async delete(id: number): Promise<void> {
    if (!(await this.rows.delete(id))) throw notFound();
  }

  /** A valid body for {@link create}, with the newest host system if there is one. */
  async example(): Promise<BenchmarkBody> {
    const [newest] = await this.hostSystems.find({ select: { id: true }, order: { id: 'DESC' }, take: 1 });
    return { ...EXAMPLE, ...(newest !== undefined && { host_system_id: Number(newest.id) }) };
  }
}

const LIST = `
  SELECT ${BENCHMARK_JSON} AS row FROM benchmarks
   WHERE $2::bigint IS NULL OR id < $2::bigint ORDER BY id DESC LIMIT $1::bigint`;

const EXAMPLE = {
  benchmark_spec: { name: 'transfers', transactions_per_second: 500, duration_s: 600 },
  chain_spec: { name: 'Development' },
  description: 'Transfers between two accounts, as fast as the node accepts them.',
  ts_start: '2026-01-02T03:00:00Z',
  ts_end: '2026-01-02T03:10:00Z',
  setup: {
    substrate: {
      peerId: '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp',
      args: ['--dev', '--tracing-targets', 'frame_system,pallet_balances'],
    },
  },
} satisfies BenchmarkBody;

/** The errors of the constraints of the table, in terms of the body. */
function constraintErrors({ ts_end: end }: BenchmarkChange): ConstraintErrors {
  return {
    benchmarks_host_system: () =>
      new InvalidParameterError('host_system_id', 'must be the id of an existing host system'),
    benchmarks_subject: missingSubject,
    benchmarks_ts_start: yearOutOfRange('ts_start'),
    benchmarks_ts_end: yearOutOfRange('ts_end'),
    benchmarks_times: () =>
      end === undefined
        ? new InvalidParameterError('ts_start', 'must be before ts_end')
        : new InvalidParameterError('ts_end', 'must be after ts_start'),
  };
}

function missingSubject(): BadRequestException {
  const detail = 'must be a JSON object: a benchmark has a benchmark_spec, a setup, or both';
  return new BadRequestException({
    detail: `benchmark_spec ${detail}.`,
    errors: ['benchmark_spec', 'setup'].map((parameter) => ({ parameter, detail })),
  });
}

function found(row: string | undefined): string {
  if (row === undefined) throw notFound();
  return row;
}

function notFound(): NotFoundException {
  return new NotFoundException('There is no benchmark with this id.');
}
