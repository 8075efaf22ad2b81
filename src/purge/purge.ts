import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import type { Client, ClientBase } from 'pg';
import { DataSource } from 'typeorm';
import { Settings } from '../platform/config/index.js';
import { AdvisoryLock, type ClockReading, DatabaseClock, HOUR_MS, isOff } from '../storage/index.js';
import { attempt } from './attempt.js';
import { ClockDifferenceError } from './clock-difference.error.js';
import { PurgeContext } from './purge-context.js';
import type { PurgePart } from './purge-part.js';
import type { PurgePreview } from './purge-preview.js';
import { PurgeRegistry } from './purge-registry.js';
import { type PurgeFailure, PurgeReport } from './purge-report.js';

/**
 * Removes what has expired by the database's clock: all parts that are registered, one after the other. Where the clock
 * of this machine says something else, one of both is wrong, and nothing is removed.
 */
@Injectable()
export class Purge implements OnApplicationBootstrap {
  private readonly logger = new Logger(Purge.name);

  constructor(
    private readonly settings: Settings,
    private readonly dataSource: DataSource,
    private readonly registry: PurgeRegistry,
    private readonly clock: DatabaseClock,
  ) {}

  /** A part that has no place among the others is told at the start, and not by every purge. */
  onApplicationBootstrap(): void {
    this.registry.inOrder();
  }

  /**
   * Purges once, unless another replica is at it.
   *
   * @param signal ends it after the statement that is being run
   * @returns what was removed, and what failed; null where it was left to another replica
   * @throws ClockDifferenceError, and where the database cannot be asked
   */
  async run(signal: AbortSignal = new AbortController().signal): Promise<PurgeReport | null> {
    await using runner = this.dataSource.createQueryRunner();
    const client = (await runner.connect()) as Client;
    const report = new PurgeReport();
    try {
      const now = await this.now(client);
      if (!(await isOurs(client))) return null;
      const context = new PurgeContext(client, now, this.expiryMs, signal, false);
      await this.eachPart(context, report.failures, (part) => part.purge(context, report));
      if (isComplete(report, signal)) await noteSuccess(client);
      await client.query('SELECT pg_advisory_unlock($1)', [AdvisoryLock.Purge]);
    } catch (error) {
      if (error instanceof ClockDifferenceError) throw error;
      report.failed(null, error);
      // The lock is the session's, and must not go back to the pool with it.
      await client.end();
    }
    this.log(report);
    return report;
  }

  /**
   * What {@link run} would remove. Changes nothing, and waits for nobody who purges.
   *
   * @throws ClockDifferenceError, and where the database cannot be asked
   */
  async preview(): Promise<PurgePreview> {
    await using runner = this.dataSource.createQueryRunner();
    const client = (await runner.connect()) as Client;
    const now = await this.now(client);
    const context = new PurgeContext(client, now, this.expiryMs, new AbortController().signal, true);
    const preview: PurgePreview = { partitions: [], rows: {}, failures: [] };
    await this.eachPart(context, preview.failures, async (part) => {
      const { partitions = [], rows = {} } = await part.preview(context);
      preview.partitions.push(...partitions);
      for (const [table, count] of Object.entries(rows)) {
        preview.rows[table] = (preview.rows[table] ?? 0) + count;
      }
    });
    return preview;
  }

  /**
   * When a purge of this database last removed all that had expired, by whichever replica; before the first one, when
   * the schema was made. Milliseconds since the epoch.
   *
   * @throws where the database cannot be asked
   */
  async lastSuccess(): Promise<number | undefined> {
    const rows = await this.dataSource.query<{ at: number }[]>(
      'SELECT (extract(epoch FROM succeeded_at) * 1000)::float8 AS at FROM purge_state',
    );
    return rows[0]?.at;
  }

  /** Both clocks. */
  protected readClocks(client: ClientBase): Promise<ClockReading> {
    return this.clock.measure(client);
  }

  /** By the database's clock. */
  private async now(client: ClientBase): Promise<number> {
    const { now, offset } = await this.readClocks(client);
    if (isOff(offset)) throw new ClockDifferenceError(offset);
    return now;
  }

  private get expiryMs(): number {
    return this.settings.LOG_EXPIRY_H * HOUR_MS;
  }

  private async eachPart(
    { client, signal }: PurgeContext,
    failures: PurgeFailure[],
    work: (part: PurgePart) => Promise<void>,
  ): Promise<void> {
    const undone = new Set<string>();
    for (const part of this.registry.inOrder()) {
      if (signal.aborted) return;
      const canBe = part.after?.some((name) => undone.has(name)) !== true;
      if (canBe && (await attempt(client, part.name, failures, () => work(part)))) continue;
      undone.add(part.name);
    }
  }

  private log({ partitions, rows }: PurgeReport): void {
    const parts = partitions.map(
      ({ name, rows: count }) => `${name} (about ${count.toLocaleString('en-US')} messages)`,
    );
    const others = Object.entries(rows).filter(([, count]) => count > 0);
    parts.push(...others.map(([table, count]) => `${count.toLocaleString('en-US')} rows of ${table}`));
    if (parts.length > 0) this.logger.log(`Purged ${parts.join(', ')}.`);
  }
}

/** What a reader has kept from being removed is for the next purge: this one was no success. */
function isComplete({ failures, left }: PurgeReport, signal: AbortSignal): boolean {
  return failures.length === 0 && left.length === 0 && !signal.aborted;
}

async function noteSuccess(client: ClientBase): Promise<void> {
  await client.query(
    'INSERT INTO purge_state (succeeded_at) VALUES (now()) ON CONFLICT (id) DO UPDATE SET succeeded_at = now()',
  );
}

async function isOurs(client: ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ ours: boolean }>('SELECT pg_try_advisory_lock($1) AS ours', [
    AdvisoryLock.Purge,
  ]);
  return rows[0]?.ours === true;
}
