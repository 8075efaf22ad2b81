import { DataSource } from 'typeorm';
import { readSettings } from '../../src/platform/config/index.js';
import { Purge, type PurgePreview, PurgeRegistry, type PurgeReport } from '../../src/purge/index.js';
import { registerOwnParts } from '../../src/purge/own-parts.js';
import { type ClockReading, DatabaseClock, dataSourceOptions, SystemClock } from '../../src/storage/index.js';

/** A purge with a database clock that a test sets. */
class PurgeAt extends Purge {
  at = 0;
  aheadMs = 0;
  errorMs = 0;

  protected override readClocks(): Promise<ClockReading> {
    return Promise.resolve({
      now: this.at,
      offset: { offsetMs: this.aheadMs, errorMs: this.errorMs },
    });
  }
}

/** A purge without a server. `await using` closes it. */
export class TestPurge implements AsyncDisposable {
  private constructor(
    private readonly dataSource: DataSource,
    private readonly purge: PurgeAt,
  ) {}

  /** @param queryTimeoutMs of queries */
  static async open(url: string, expiryHours: number, queryTimeoutMs?: number): Promise<TestPurge> {
    const options = dataSourceOptions(url);
    const extra = { ...(options.extra as object), ...(queryTimeoutMs && { query_timeout: queryTimeoutMs }) };
    const dataSource = await new DataSource({ ...options, extra }).initialize();
    const settings = readSettings({ LOG_EXPIRY_H: expiryHours.toString() });
    const registry = new PurgeRegistry();
    registerOwnParts(registry, settings);
    return new TestPurge(
      dataSource,
      new PurgeAt(settings, dataSource, registry, new DatabaseClock(new SystemClock())),
    );
  }

  /** The offset of the system clock from the database's clock: milliseconds. */
  set aheadMs(ms: number) {
    this.purge.aheadMs = ms;
  }

  /** The error of the offset: milliseconds. */
  set errorMs(ms: number) {
    this.purge.errorMs = ms;
  }

  lastSuccess(): Promise<number | undefined> {
    return this.purge.lastSuccess();
  }

  /** @param now the time of the database: milliseconds since the epoch */
  run(now: number, signal?: AbortSignal): Promise<PurgeReport | null> {
    this.purge.at = now;
    return this.purge.run(signal);
  }

  preview(now: number): Promise<PurgePreview> {
    this.purge.at = now;
    return this.purge.preview();
  }

  /** Runs a purge, and throws if anything failed. */
  async done(now: number): Promise<PurgeReport> {
    const report = await this.run(now);
    if (report === null) throw new Error('The purge was skipped, because another process holds the lock.');
    const [failure] = report.failures;
    if (failure !== undefined) throw failure.error;
    return report;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.dataSource.isInitialized) await this.dataSource.destroy();
  }
}
