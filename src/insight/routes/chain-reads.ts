import { HttpException, Injectable, NotFoundException } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ChainNames } from '../../chains/index.js';
import { microsecondsOf, ReadTransaction, timeOf } from '../../storage/index.js';
import { KnownTime } from '../known-time.js';
import { timeSql } from '../tables/columns.js';
import type { RangeQuery } from './insight.query.js';
import type { ChainRangeAnswer, SeriesAnswer, SeriesQuery } from './series/series.dto.js';
import { DAY_US } from '../aggregate/index.js';
import {
  type BucketRow,
  Buckets,
  expectedOf,
  type Nullable,
  type Point,
  pointsOf,
  rangeOf,
  type Resolution,
  RESOLUTIONS,
  rounded,
  type TimeRange,
} from './series/series.js';

/** A request about a time range of a chain, in a transaction. */
export interface ChainRead {
  transaction: ReadTransaction;
  /** See `chainKeyOf`. */
  key: string;
  /** `chains.id`. */
  id: number;
  /** Of the chain; null if its nodes report none. */
  name: string | null;
  range: TimeRange;
  /** Of the range, and of a day before and after it: points may begin before it. */
  known: KnownTime;
  /** By the database's clock: microseconds since the epoch. */
  now: number;
}

/** Reads time ranges of chains, as the routes below `/chains/{chain}` do. */
@Injectable()
export class ChainReads {
  constructor(
    private readonly dataSource: DataSource,
    private readonly names: ChainNames,
  ) {}

  /**
   * @param chain as in a request
   * @throws NotFoundException for an unknown chain; AmbiguousChainError; InvalidParameterError; what `work` throws; see
   *   also ReadTransaction.run
   */
  async read<T>(
    chain: string,
    query: RangeQuery,
    work: (read: ChainRead) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    const key = await this.names.resolve(chain, signal);
    const result = await ReadTransaction.run(
      this.dataSource,
      // The connection is not to blame for a wrong request.
      (transaction) => resultOf(async () => work(await begin(transaction, key, query))),
      { ...(signal && { signal }) },
    );
    if ('exception' in result) throw result.exception;
    return result.value;
  }
}

async function resultOf<T>(work: () => Promise<T>): Promise<{ value: T } | { exception: HttpException }> {
  try {
    return { value: await work() };
  } catch (error) {
    if (error instanceof HttpException) return { exception: error };
    throw error;
  }
}

async function begin(
  transaction: ReadTransaction,
  key: string | undefined,
  query: RangeQuery,
): Promise<ChainRead> {
  const { now } = transaction;
  const range = rangeOf(query, now);
  const [row] = await transaction.query<{ id: number; name: string | null }>(
    'SELECT id, name FROM chains WHERE key = $1',
    [key ?? null],
  );
  if (row === undefined || key === undefined) throw new NotFoundException('No such chain is known.');
  const known = await KnownTime.read(transaction, range.from - DAY_US, range.to + DAY_US);
  return { transaction, key, ...row, range, known, now };
}

/** The fields of a class that describes an answer. */
export type Fields<T> = { [K in keyof T]: T[K] };

/** What every answer about a time range has. */
export function rangeAnswer(
  { key, range, known }: Pick<ChainRead, 'key' | 'range' | 'known'>,
  expected: number | null,
): Fields<ChainRangeAnswer> {
  return {
    chain: key,
    start_time: timeOf(range.from),
    end_time: timeOf(range.to),
    expected,
    known_share: rounded(known.share(range.from, range.to), 4),
  };
}

/** Minutes before do not change any more: microseconds since the epoch. Now, if no server aggregates. */
export async function closedUntilOf({ transaction, now }: ChainRead): Promise<number> {
  const [row] = await transaction.query<{ closed: number }>(
    `SELECT ${microsecondsOf('closed_until')} AS closed FROM insight_state`,
  );
  return Math.min(row?.closed ?? now, now);
}

/** A series, and its time. */
export interface Series<V extends object> {
  answer: Fields<SeriesAnswer> & { points: (Point & Nullable<V>)[] };
  buckets: Buckets;
}

/**
 * Reads a series from the table of minutes, hours or days.
 *
 * @param columnsOf values by name: SQL of the columns of the table; `expected` is the nodes of a point
 */
export async function readSeries<V extends object>(
  read: ChainRead,
  { resolution }: SeriesQuery,
  columnsOf: (resolution: Resolution) => Readonly<Record<keyof V | 'expected', string>>,
): Promise<Series<V>> {
  const buckets = Buckets.of(read.range, resolution);
  const columns = columnsOf(buckets.resolution);
  const names = (Object.keys(columns) as (keyof V | 'expected')[]).filter((name) => name !== 'expected');
  const rows = await bucketRows<V>(read, buckets, columns);
  const points = pointsOf<V>(buckets, names as (keyof V)[], { rows, known: read.known, now: read.now });
  const answer = { ...rangeAnswer(read, expectedOf(points)), resolution: buckets.resolution, points };
  return { answer, buckets };
}

/** By the primary key of the table. */
async function bucketRows<V extends object>(
  { transaction, id }: ChainRead,
  { resolution, from, to }: Buckets,
  columns: Readonly<Record<string, string>>,
): Promise<BucketRow<V>[]> {
  const { table, column } = RESOLUTIONS[resolution];
  const values = Object.entries(columns).map(([name, sql]) => `${sql} AS "${name}"`);
  return await transaction.query<BucketRow<V>>(
    `SELECT ${microsecondsOf(column)} AS at, ${values.join(', ')} FROM ${table}
      WHERE chain_id = $1 AND ${column} >= ${timeSql('$2')} AND ${column} < ${timeSql('$3')}`,
    [id, from, to],
  );
}
