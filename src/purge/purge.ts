import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import type { Client, ClientBase } from 'pg';
import { DataSource } from 'typeorm';
import { Settings } from '../platform/config/index.js';
import {
  AdvisoryLock,
  type ClockOffset,
  type ClockReading,
  DatabaseClock,
  dataSourceOptions,
  HOUR_MS,
  isOff,
  microsecondsOf,
  migrationState,
  SchemaOutdatedError,
  SystemClock,
} from '../storage/index.js';
import { registerOwnParts } from './own-parts.js';
import {
  runStep,
  PurgeContext,
  type PurgeFailure,
  type PurgePart,
  type PurgePreview,
  PurgeReport,
} from './purge-part.js';
import { PurgeRegistry } from './purge-registry.js';

/** The system clock and the database's clock differ, so that one of them is wrong. Nothing was removed. */
export class ClockDifferenceError extends Error {
  override readonly name = 'ClockDifferenceError';

  /** @param offset of the system clock */
  constructor(readonly offset: ClockOffset) {
    const { offsetMs } = offset;
    const way = offsetMs > 0 ? 'ahead of' : 'behind';
    super(
      `The system clock is ${(Math.abs(offsetMs) / 1000).toFixed(1)} s ${way} the database clock: ` +
        'nothing is purged until they agree within a minute.',
    );
  }
}

/**
 * Removes what has expired by the database's clock: runs all registered parts, one after the other. If the system clock
 * differs, one of the two is wrong, and nothing is removed.
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

  /** Fails at the start, rather than in every purge, if the order of the parts is not valid. */
  onApplicationBootstrap(): void {
    this.registry.inOrder();
  }

  /**
   * Purges once, unless another replica is purging.
   *
   * @param signal stops it after the current statement
   * @returns what was removed, and what failed; null if another replica is purging
   * @throws ClockDifferenceError; errors of the database
   */
  async run(signal: AbortSignal = new AbortController().signal): Promise<PurgeReport | null> {
    await using runner = this.dataSource.createQueryRunner();
    const client = (await runner.connect()) as Client;
    const report = new PurgeReport();
    try {
      const now = await this.now(client);
      if (!(await tryLock(client))) return null;
      const context = await this.contextOf(client, now, signal, false);
      if (context.losesUnaggregated) {
        report.lostUnaggregated = true;
        this.logger.warn(UNAGGREGATED);
      }
      await this.eachPart(context, report.failures, (part) => part.purge(context, report));
      if (isComplete(report, signal)) await recordSuccess(client);
      await client.query('SELECT pg_advisory_unlock($1)', [AdvisoryLock.Purge]);
    } catch (error) {
      if (error instanceof ClockDifferenceError) throw error;
      report.failed(null, error);
      // The advisory lock belongs to the session, which must not go back to the pool with it.
      await client.end();
    }
    this.log(report);
    return report;
  }

  /**
   * Returns what {@link run} would remove. It changes nothing, and does not wait for a purge.
   *
   * @throws ClockDifferenceError; errors of the database
   */
  async preview(): Promise<PurgePreview> {
    await using runner = this.dataSource.createQueryRunner();
    const client = (await runner.connect()) as Client;
    const now = await this.now(client);
    const context = await this.contextOf(client, now, new AbortController().signal, true);
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
   * The time of the last complete purge by any replica, or before the first one that of the creation of the schema:
   * milliseconds since the epoch.
   *
   * @throws errors of the database
   */
  async lastSuccess(): Promise<number | undefined> {
    const rows = await this.dataSource.query<{ at: number }[]>(
      'SELECT (extract(epoch FROM succeeded_at) * 1000)::float8 AS at FROM purge_state',
    );
    return rows[0]?.at;
  }

  protected readClocks(client: ClientBase): Promise<ClockReading> {
    return this.clock.measure(client);
  }

  /** By the database's clock. */
  private async now(client: ClientBase): Promise<number> {
    const { now, offset } = await this.readClocks(client);
    if (isOff(offset)) throw new ClockDifferenceError(offset);
    return now;
  }

  private async contextOf(
    client: ClientBase,
    now: number,
    signal: AbortSignal,
    dryRun: boolean,
  ): Promise<PurgeContext> {
    const { LOG_EXPIRY_H, INSIGHT_AGGREGATION } = this.settings;
    const aggregatedUntil = INSIGHT_AGGREGATION ? await aggregatedUntilOf(client) : null;
    return new PurgeContext(client, now, LOG_EXPIRY_H * HOUR_MS, signal, dryRun, aggregatedUntil);
  }

  private async eachPart(
    { client, signal }: PurgeContext,
    failures: PurgeFailure[],
    work: (part: PurgePart) => Promise<void>,
  ): Promise<void> {
    const failed = new Set<string>();
    for (const part of this.registry.inOrder()) {
      if (signal.aborted) return;
      const canRun = part.after?.some((name) => failed.has(name)) !== true;
      if (canRun && (await runStep(client, part.name, failures, () => work(part)))) continue;
      failed.add(part.name);
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

function isComplete({ failures, left }: PurgeReport, signal: AbortSignal): boolean {
  return failures.length === 0 && left.length === 0 && !signal.aborted;
}

const UNAGGREGATED =
  'Messages are purged before they are aggregated: the aggregation has been behind for more than a day.';

/** Milliseconds since the epoch; null if no server has aggregated yet. */
async function aggregatedUntilOf(client: ClientBase): Promise<number | null> {
  const { rows } = await client.query<{ until: number }>(
    `SELECT ${microsecondsOf('stored_until')} / 1000 AS until FROM insight_state`,
  );
  return rows[0]?.until ?? null;
}

async function recordSuccess(client: ClientBase): Promise<void> {
  await client.query(
    'INSERT INTO purge_state (succeeded_at) VALUES (now()) ON CONFLICT (id) DO UPDATE SET succeeded_at = now()',
  );
}

async function tryLock(client: ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ locked: boolean }>('SELECT pg_try_advisory_lock($1) AS locked', [
    AdvisoryLock.Purge,
  ]);
  return rows[0]?.locked === true;
}

/**
 * Runs work with a Purge for a database, without a server.
 *
 * @param url of the database
 * @param register registers the parts of a team
 * @throws SchemaOutdatedError if migrations are missing
 */
export async function withPurge<T>(
  settings: Settings,
  url: string,
  work: (purge: Purge) => Promise<T>,
  register?: (registry: PurgeRegistry) => void,
): Promise<T> {
  const registry = new PurgeRegistry();
  registerOwnParts(registry, settings);
  register?.(registry);
  const dataSource = await new DataSource(dataSourceOptions(url)).initialize();
  try {
    if ((await migrationState(dataSource)).pending.length > 0) throw new SchemaOutdatedError();
    return await work(new Purge(settings, dataSource, registry, new DatabaseClock(new SystemClock())));
  } finally {
    await dataSource.destroy();
  }
}
