import { Inject, Injectable, Logger } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Settings } from '../../../platform/config/index.js';
import { Backoff, OutageLog, untilAborted } from '../../../platform/async/index.js';
import { describeError } from '../../../platform/errors/index.js';
import { DatabaseClock } from '../../clock/database-clock.js';
import { describeConnectionError } from '../../connections/connection-fault.js';
import { WriterPool } from '../../connections/writer-pool.js';
import { CollectorRegistry } from '../collector/collector-registry.js';
import { DATABASE_URL } from '../../connections/data-source-options.js';
import { PartitionManager } from '../../partitions/partition-manager.js';
import { ensureReaderRole } from '../reader-role/reader-role.js';
import { LOG_TABLES } from '../../schema/index.js';
import { listFaults, schemaFaults } from './check-schema.js';
import { ensureDatabase, SchemaOutdatedError, UnsupportedDatabaseError } from './ensure-database.js';
import { migrate, pendingMigrations } from './migrate.js';
import { rejectLaterSchema } from './schema-version.js';

const RETRY = { firstMs: 200, maxMs: 5_000 };

/** Waits for the database, creates and migrates it, and creates partitions ahead of time. */
@Injectable()
export class DatabaseStartup {
  private readonly logger = new Logger(DatabaseStartup.name);

  constructor(
    private readonly settings: Settings,
    @Inject(DATABASE_URL) private readonly url: string,
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly partitions: PartitionManager,
    private readonly collectors: CollectorRegistry,
    private readonly pool: WriterPool,
    private readonly clock: DatabaseClock,
  ) {}

  /**
   * Retries until the database is ready.
   *
   * @throws UnsupportedDatabaseError, SchemaOutdatedError, which a retry would not help
   * @throws the signal's reason
   */
  async run(signal: AbortSignal): Promise<void> {
    const outage = new OutageLog(
      this.logger,
      { begins: (reason) => `The database is not ready, retrying: ${reason}` },
      { repeatMs: RETRY.maxMs },
    );
    const backoff = new Backoff(RETRY);
    for (;;) {
      signal.throwIfAborted();
      try {
        // A database that is frozen may not respond for long.
        await untilAborted(this.prepare(), signal);
        return;
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof UnsupportedDatabaseError || error instanceof SchemaOutdatedError) throw error;
        outage.failed(describeConnectionError(error, this.url));
      }
      await backoff.wait(signal);
    }
  }

  /**
   * Creates the tables again, if the database was created again while the server runs.
   *
   * @returns false if MIGRATE_ON_START is off
   * @throws errors of the database
   */
  async recreateTables(): Promise<boolean> {
    if (!this.settings.MIGRATE_ON_START) return false;
    for (const table of LOG_TABLES) this.partitions.forget(table);
    await this.prepare();
    return true;
  }

  private async prepare(): Promise<void> {
    await ensureDatabase(this.url);
    if (!this.dataSource.isInitialized) await this.dataSource.initialize();
    const later = await rejectLaterSchema(this.dataSource);
    if (later !== undefined) {
      this.logger.warn(
        `The database has the schema of version ${later.version}, which is compatible with this version.`,
      );
    }
    if (this.settings.MIGRATE_ON_START) {
      const applied = await migrate(this.url, this.dataSource);
      for (const name of applied) this.logger.log(`Applied migration ${name}.`);
      await this.ensureReaderRole();
    } else {
      const pending = await pendingMigrations(this.dataSource);
      if (pending) throw new SchemaOutdatedError();
    }
    const faults = await schemaFaults(this.dataSource);
    if (faults.length > 0) {
      throw new UnsupportedDatabaseError(`has tables of another version: ${listFaults(faults)}`);
    }
    await this.pool.withClient((client) => this.clock.measure(client));
    await this.partitions.ensureAhead(this.clock.now());
    await this.collectors.heartbeat();
    // Not awaited: a dead process may have left many connections.
    void this.collectors.sweep().catch((error: unknown) => {
      this.logger.debug(`Open connections of dead processes are ended later: ${describeError(error)}`);
    });
  }

  /** A failure is logged, and does not stop the server. */
  private async ensureReaderRole(): Promise<void> {
    try {
      const changed = await ensureReaderRole(this.url, this.settings);
      if (changed !== undefined) this.logger.log(changed);
    } catch (error) {
      this.logger.warn(`The read-only role (DB_READER_ROLE) could not be set up: ${describeError(error)}`);
    }
  }
}
