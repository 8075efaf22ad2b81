import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import type { Client, ClientBase } from 'pg';
import { DataSource } from 'typeorm';
import { Settings } from '../config/index.js';
import { AdvisoryLock, HOUR_MS } from '../storage/index.js';
import { attempt } from './attempt.js';
import { PurgeContext } from './purge-context.js';
import type { PurgePart } from './purge-part.js';
import type { PurgePreview } from './purge-preview.js';
import { PurgeRegistry } from './purge-registry.js';
import { type PurgeFailure, PurgeReport } from './purge-report.js';

/** Removes what has expired: all parts that are registered, one after the other. */
@Injectable()
export class Purge implements OnApplicationBootstrap {
  private readonly logger = new Logger(Purge.name);

  constructor(
    private readonly settings: Settings,
    private readonly dataSource: DataSource,
    private readonly registry: PurgeRegistry,
  ) {}

  /** A part that has no place among the others is told at the start, and not by every purge. */
  onApplicationBootstrap(): void {
    this.registry.inOrder();
  }

  /**
   * Purges once, unless another replica is at it.
   *
   * @param now milliseconds since the epoch
   * @param signal ends it after the statement that is being run
   * @returns what was removed, and what failed; null where it was left to another replica
   * @throws where the database cannot be asked
   */
  async run(now: number, signal: AbortSignal = new AbortController().signal): Promise<PurgeReport | null> {
    await using runner = this.dataSource.createQueryRunner();
    const client = (await runner.connect()) as Client;
    const report = new PurgeReport();
    try {
      if (!(await isOurs(client))) return null;
      const context = new PurgeContext(client, now, this.expiryMs, signal, false);
      await this.eachPart(context, report.failures, (part) => part.purge(context, report));
      await client.query('SELECT pg_advisory_unlock($1)', [AdvisoryLock.Purge]);
    } catch (error) {
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
   * @param now milliseconds since the epoch
   * @throws where the database cannot be asked
   */
  async preview(now: number): Promise<PurgePreview> {
    await using runner = this.dataSource.createQueryRunner();
    const client = (await runner.connect()) as Client;
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

async function isOurs(client: ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ ours: boolean }>('SELECT pg_try_advisory_lock($1) AS ours', [
    AdvisoryLock.Purge,
  ]);
  return rows[0]?.ours === true;
}
