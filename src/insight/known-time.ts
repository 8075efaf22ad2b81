import type { ClientBase } from 'pg';
import type { DataSource } from 'typeorm';
import { microsecondsOf, ReadTransaction } from '../storage/index.js';
import { EXCUSED } from './excused-gaps.js';

const UNKNOWN = `
  SELECT ${microsecondsOf('began_at')} AS began, ${microsecondsOf('until')} AS until
    FROM ${EXCUSED} AS gaps
   WHERE began_at < to_timestamp($2::float8 / 1e6) AND until > to_timestamp($1::float8 / 1e6)
   ORDER BY began_at`;

type TimeRange = readonly [fromUs: number, toUs: number];

/** When the servers saw their nodes: the time outside of the observer's gaps, and of a minute after each. */
export class KnownTime {
  private constructor(
    /** What is not known: merged, in order, within the time that was read. */
    readonly unknown: readonly TimeRange[],
  ) {}

  /** @param ranges in any order; they may overlap */
  static outside(ranges: Iterable<TimeRange>): KnownTime {
    const merged: [number, number][] = [];
    for (const [from, to] of [...ranges].sort(([one], [other]) => one - other)) {
      const last = merged.at(-1);
      if (to <= from) continue;
      if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to);
      else merged.push([from, to]);
    }
    return new KnownTime(merged);
  }

  /**
   * Reads the gaps of a time range: microseconds since the epoch.
   *
   * @throws errors of the database; with a DataSource see also ReadTransaction.run
   */
  static async read(
    source: ClientBase | DataSource | ReadTransaction,
    fromUs: number,
    toUs: number,
  ): Promise<KnownTime> {
    const rows = await rowsOf(source, [fromUs, toUs]);
    return KnownTime.outside(
      rows.map(({ began, until }) => [Math.max(began, fromUs), Math.min(until, toUs)]),
    );
  }

  /** The share of a time range, within the one that was read, that is known: 0 to 1. Microseconds since the epoch. */
  share(fromUs: number, toUs: number): number {
    if (toUs <= fromUs) return 1;
    let unknown = 0;
    for (let index = this.firstAfter(fromUs); index < this.unknown.length; index += 1) {
      const [from, to] = this.unknown[index] ?? [toUs, toUs];
      if (from >= toUs) break;
      unknown += Math.min(to, toUs) - Math.max(from, fromUs);
    }
    return 1 - unknown / (toUs - fromUs);
  }

  /** The index of the first range that ends after a time: a series asks for each of its points. */
  private firstAfter(us: number): number {
    let [low, high] = [0, this.unknown.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.unknown[middle]?.[1] ?? Infinity) > us) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

interface UnknownRow {
  began: number;
  until: number;
}

async function rowsOf(
  source: ClientBase | DataSource | ReadTransaction,
  parameters: [fromUs: number, toUs: number],
): Promise<UnknownRow[]> {
  if (source instanceof ReadTransaction) return await source.query<UnknownRow>(UNKNOWN, parameters);
  if ('isInitialized' in source) {
    return await ReadTransaction.run(source, (transaction) =>
      transaction.query<UnknownRow>(UNKNOWN, parameters),
    );
  }
  return (await source.query<UnknownRow>(UNKNOWN, parameters)).rows;
}
