import { Inject, Injectable, Logger } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { OutageLog } from '../../platform/async/index.js';
import { CONNECT_TIMEOUT_MS, CONNECTION_OPTIONS } from '../connections/connection-options.js';
import { DATABASE_URL } from '../connections/database-url.js';
import { prepareSession, readerSettings } from '../connections/session-settings.js';
import { StorageClient } from '../connections/storage-client.js';
import { DatabaseStartup } from '../maintenance/startup/database-startup.js';
import { ownTables } from '../maintenance/startup/check-schema.js';
import { DatabaseMetrics } from './database.metrics.js';
import { type DatabaseTrouble, reasonOf, type TroubleKind, troubleOf } from './database-trouble.js';

const LOOK_MS = 1_000;
const ANSWER_LIMIT_MS = 5_000;
const STORED_LATELY_MS = 5_000;
/** Somebody who restores a backup makes an empty database first: how often in a row it is found empty, before it is filled. */
const LOOKS_BEFORE_REPAIR = 5;

/** $1: names of tables. */
const LOOK = `
  SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean AS "readOnly",
         (SELECT count(*)::int FROM unnest($1::text[]) AS name WHERE to_regclass(quote_ident(name)) IS NULL) AS missing`;

/**
 * Knows whether the database does its part, by asking it once a second on a connection of its own and by what writers
 * tell. While it does not, nodes are still taken in. A database that was made anew gets its tables again.
 */
@Injectable()
export class DatabaseWatch {
  private readonly logger = new Logger('Database');
  private readonly abort = new AbortController();
  private readonly listeners: (() => void)[] = [];
  private client: StorageClient | undefined;
  private current: DatabaseTrouble | undefined;
  private refusal: { error: unknown } | undefined;
  private emptyLooks = 0;
  private storedAt = -Infinity;
  private readonly outage = new OutageLog(this.logger, {
    begins: (reason) => reason,
    ends: (seconds) => `The database does its part again, after ${seconds} s.`,
  });

  constructor(
    @Inject(DATABASE_URL) private readonly url: string,
    private readonly dataSource: DataSource,
    private readonly startup: DatabaseStartup,
    private readonly metrics: DatabaseMetrics,
  ) {}

  /** What is wrong; undefined where nothing is. */
  get trouble(): DatabaseTrouble | undefined {
    return this.current;
  }

  /** @param listener is called when trouble begins, changes or ends */
  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** From when the database was ready on. */
  start(): void {
    void this.run();
  }

  stop(): void {
    this.abort.abort(new Error('The server stops.'));
  }

  /** Writers cannot store batches, whatever the database says of itself: its disk is full, or a right is missing. */
  batchRefused(error: unknown): void {
    // A batch that is refused for itself, while others are stored, is no trouble of the database.
    if (performance.now() - this.storedAt > STORED_LATELY_MS) this.refusal = { error };
  }

  batchStored(): void {
    this.storedAt = performance.now();
    this.refusal = undefined;
  }

  private async run(): Promise<void> {
    const { signal } = this.abort;
    try {
      for (;;) {
        const { kind, error } = await this.look();
        signal.throwIfAborted();
        this.become(kind, error);
        if (kind === 'no_tables') await this.repair();
        await sleep(LOOK_MS, undefined, { signal });
      }
    } catch {
      // The server stops: nothing else ends it.
      await this.disconnect();
    }
  }

  private async look(): Promise<{ kind: TroubleKind | undefined; error?: unknown }> {
    try {
      this.client ??= await this.connect();
      const tables = ownTables(this.dataSource);
      const { rows } = await this.client.query<{ readOnly: boolean; missing: number }>(LOOK, [tables]);
      const { readOnly = false, missing = 0 } = rows[0] ?? {};
      this.emptyLooks = missing === tables.length ? this.emptyLooks + 1 : 0;
      if (missing > 0) return { kind: 'no_tables' };
      if (readOnly) {
        // What a database or a role is told of this holds for new sessions alone.
        await this.disconnect();
        return { kind: 'read_only' };
      }
      if (this.refusal === undefined) return { kind: undefined };
      await this.disconnect();
      return { kind: 'refuses_batches', error: this.refusal.error };
    } catch (error) {
      this.emptyLooks = 0;
      await this.disconnect();
      return { kind: troubleOf(error), error };
    }
  }

  private become(kind: TroubleKind | undefined, error: unknown): void {
    if (kind === undefined) {
      if (this.current === undefined) return;
      this.outage.succeeded();
      this.current = undefined;
    } else {
      const reason = reasonOf(kind, error);
      if (this.current?.reason === reason) return;
      const said = error instanceof Error ? ` ${error.message}` : '';
      this.outage.failed(
        `${reason} Nodes are taken in all the same, and what they send waits.${said}`,
        reason,
      );
      this.current = { kind, reason, since: this.outage.since ?? new Date() };
    }
    this.metrics.troubleIs(this.current?.kind);
    for (const listener of this.listeners) listener();
  }

  private async repair(): Promise<void> {
    if (this.emptyLooks < LOOKS_BEFORE_REPAIR) return;
    this.emptyLooks = 0;
    try {
      if (await this.startup.again()) this.logger.log('The tables of the database are made anew.');
    } catch (error) {
      this.logger.error(`The tables of the database cannot be made anew: ${String(error)}`);
    }
  }

  private async connect(): Promise<StorageClient> {
    const client = new StorageClient({
      connectionString: this.url,
      application_name: 'tetcore-analytics watch',
      ...CONNECTION_OPTIONS,
      query_timeout: ANSWER_LIMIT_MS,
    });
    // What is asked next fails by it.
    client.on('error', () => undefined);
    try {
      await client.connect();
      await prepareSession(client, readerSettings(ANSWER_LIMIT_MS), CONNECT_TIMEOUT_MS);
      return client;
    } catch (error) {
      await client.end().catch(() => undefined);
      throw error;
    }
  }

  private async disconnect(): Promise<void> {
    const { client } = this;
    this.client = undefined;
    await client?.end().catch(() => undefined);
  }
}
