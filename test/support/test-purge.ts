import { DataSource } from 'typeorm';
import { readSettings } from '../../src/config/index.js';
import { Purge, type PurgePreview, PurgeRegistry, type PurgeReport } from '../../src/purge/index.js';
import { registerOwn } from '../../src/purge/own/register-own.js';
import { dataSourceOptions } from '../../src/storage/index.js';

/** What purges a database, without the server around it. `await using` closes it. */
export class TestPurge implements AsyncDisposable {
  private constructor(
    private readonly dataSource: DataSource,
    private readonly purge: Purge,
  ) {}

  /** @param answerLimitMs after which an answer of the database is no longer waited for */
  static async open(url: string, expiryHours: number, answerLimitMs?: number): Promise<TestPurge> {
    const options = dataSourceOptions(url);
    const extra = { ...(options.extra as object), ...(answerLimitMs && { query_timeout: answerLimitMs }) };
    const dataSource = await new DataSource({ ...options, extra }).initialize();
    const settings = readSettings({ LOG_EXPIRY_H: expiryHours.toString() });
    const registry = new PurgeRegistry();
    registerOwn(registry);
    return new TestPurge(dataSource, new Purge(settings, dataSource, registry));
  }

  run(now: number, signal?: AbortSignal): Promise<PurgeReport | null> {
    return this.purge.run(now, signal);
  }

  preview(now: number): Promise<PurgePreview> {
    return this.purge.preview(now);
  }

  /** Runs, and fails where anything did. */
  async done(now: number): Promise<PurgeReport> {
    const report = await this.run(now);
    if (report === null) throw new Error('The purge was left to somebody else.');
    const [failure] = report.failures;
    if (failure !== undefined) throw failure.error;
    return report;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.dataSource.isInitialized) await this.dataSource.destroy();
  }
}
