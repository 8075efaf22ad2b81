import type { ClientBase } from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { AdvisoryLock, reserveCollectorNumber } from '../../storage/index.js';
import type { IdRange } from '../source/id-ranges.js';
import { ImportError } from '../import-options.js';
import type { Skipped } from '../import-report.js';

/** The result of importing a range. */
export interface RangeResult {
  imported: number;
  skipped: Skipped;
  /** Imported rows that a purge may remove, by {@link hourOf} of their time. */
  expiring?: Record<string, number>;
  /** Fingerprints of rows by id, which identify the source in later runs. */
  fingerprints?: Fingerprints;
}

export type Fingerprints = Record<string, string>;

/** The result for a table over all runs. */
export interface Total {
  imported: number;
  skipped: Skipped;
  /** Imported rows that a purge may have removed. */
  purgeable: number;
}

/** The hour of a time in UTC, in a sortable format. */
export function hourOf(time: Date): string {
  return time.toISOString().slice(0, 13).replace('T', ' ');
}

/**
 * Records imported ranges of ids. A range is recorded in the transaction that imports its rows, so both are committed or
 * neither is.
 */
export class ImportLedger {
  /** Id of this run. Earlier runs of the same source may not write any more. */
  private readonly run = uuidv7();

  /** @param source the UUID of the source */
  constructor(readonly source: string) {}

  /**
   * Takes over from an earlier run. Waits for its open transactions, also of a killed process, so that their ranges are
   * visible.
   *
   * @param waiting called if there are such transactions
   * @returns the collector number of the source, the same for each run
   */
  async begin(client: ClientBase, waiting?: () => void): Promise<number> {
    await client.query('BEGIN');
    const { rows } = await client.query<{ locked: boolean }>(
      `SELECT pg_try_advisory_xact_lock(${this.lock}) AS locked`,
    );
    if (rows[0]?.locked !== true) {
      waiting?.();
      // Locks are granted in order of request: new transactions wait behind this one.
      await client.query(`SELECT pg_advisory_xact_lock(${this.lock})`);
    }
    await client.query(
      `INSERT INTO imports (source, run) VALUES ($1, $2)
       ON CONFLICT (source) DO UPDATE SET run = excluded.run, begun_at = excluded.begun_at`,
      [this.source, this.run],
    );
    const collector = await reserveCollectorNumber(client, this.source);
    await client.query('COMMIT');
    return collector;
  }

  /** Whether other sources were imported, but not this one. */
  async isUnknownSource(client: ClientBase): Promise<boolean> {
    const { rows } = await client.query<{ others: boolean }>(
      `SELECT count(*) > 0 AND NOT bool_or(source = $1) AS others
         FROM (SELECT DISTINCT source FROM import_ranges) AS known`,
      [this.source],
    );
    return rows[0]?.others === true;
  }

  /**
   * Runs a transaction, unless another run has taken over.
   *
   * @throws ImportError if another run has taken over
   */
  async transaction<T>(client: ClientBase, work: () => Promise<T>): Promise<T> {
    // Another run cannot take over before the end of this transaction.
    await client.query(`BEGIN; SELECT pg_advisory_xact_lock_shared(${this.lock})`);
    const { rowCount } = await client.query('SELECT 1 FROM imports WHERE source = $1 AND run = $2', [
      this.source,
      this.run,
    ]);
    if (rowCount !== 1) {
      throw new ImportError('Another import of this source was started and has taken over.');
    }
    const result = await work();
    await client.query('COMMIT');
    return result;
  }

  /** Records a range, within the transaction that imports its rows. */
  async record(
    client: ClientBase,
    table: string,
    { first, last }: IdRange,
    { imported, skipped, expiring = {}, fingerprints = {} }: RangeResult,
  ): Promise<void> {
    const notes = [skipped, expiring, fingerprints].map((note) => JSON.stringify(note));
    await client.query(
      `INSERT INTO import_ranges
         (source, table_name, first_id, last_id, imported, left_out, expiring, fingerprints)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [this.source, table, first, last, imported, ...notes],
    );
  }

  /** Fingerprints of imported rows of a table, by id. */
  async fingerprints(client: ClientBase, table: string): Promise<Map<string, string>> {
    const { rows } = await client.query<{ id: string; fingerprint: string }>(
      `SELECT key AS id, value AS fingerprint FROM import_ranges, jsonb_each_text(fingerprints)
        WHERE source = $1 AND table_name = $2`,
      [this.source, table],
    );
    return new Map(rows.map(({ id, fingerprint }) => [id, fingerprint]));
  }

  /** Imported ranges of a table. */
  async done(client: ClientBase, table: string): Promise<IdRange[]> {
    const { rows } = await client.query<IdRange>(
      `SELECT first_id::float8 AS first, last_id::float8 AS last FROM import_ranges
        WHERE source = $1 AND table_name = $2 ORDER BY first_id`,
      [this.source, table],
    );
    return rows;
  }

  /**
   * The result for a table over all runs.
   *
   * @param cutoff older rows may have been purged
   */
  async total(client: ClientBase, table: string, cutoff: Date): Promise<Total> {
    const { rows } = await client.query<{ imported: number; skipped: Skipped | null; purgeable: number }>(
      `SELECT coalesce(sum(imported), 0)::float8 AS imported,
              (SELECT coalesce(sum(value::bigint), 0)::float8 FROM import_ranges, jsonb_each_text(expiring)
                WHERE source = $1 AND table_name = $2 AND key COLLATE "C" <= $3) AS purgeable,
              (SELECT json_object_agg(reason, rows)
                 FROM (SELECT key AS reason, sum(value::bigint) AS rows
                         FROM import_ranges, jsonb_each_text(left_out)
                        WHERE source = $1 AND table_name = $2 GROUP BY key ORDER BY key) AS reasons) AS "skipped"
         FROM import_ranges WHERE source = $1 AND table_name = $2`,
      [this.source, table, hourOf(cutoff)],
    );
    const [found] = rows;
    return {
      imported: found?.imported ?? 0,
      skipped: found?.skipped ?? {},
      purgeable: found?.purgeable ?? 0,
    };
  }

  /** Records the target ids of rows, within the transaction that imports them. */
  async recordIds(client: ClientBase, table: string, ids: ReadonlyMap<number, number>): Promise<void> {
    await client.query(
      `INSERT INTO import_ids (source, table_name, old_id, new_id)
       SELECT $1, $2, old_id, new_id FROM unnest($3::bigint[], $4::bigint[]) AS ids (old_id, new_id)`,
      [this.source, table, [...ids.keys()], [...ids.values()]],
    );
  }

  /** Target ids of imported rows, by source id. */
  async newIds(client: ClientBase, table: string, old: readonly number[]): Promise<Map<number, number>> {
    const { rows } = await client.query<{ old_id: number; new_id: number }>(
      `SELECT old_id::float8 AS old_id, new_id::float8 AS new_id FROM import_ids
        WHERE source = $1 AND table_name = $2 AND old_id = ANY($3::bigint[])`,
      [this.source, table, old],
    );
    return new Map(rows.map((row) => [row.old_id, row.new_id]));
  }

  /** Arguments of the advisory lock: shared by importing transactions, exclusive for a takeover. */
  private get lock(): string {
    return `${AdvisoryLock.Import.toString()}, hashtext('${this.source}')`;
  }
}
