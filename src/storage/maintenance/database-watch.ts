import { Inject, Injectable, Logger } from '@nestjs/common';
import { InjectMetric, makeGaugeProvider } from '@willsoto/nestjs-prometheus';
import { setTimeout as sleep } from 'node:timers/promises';
import { Gauge } from 'prom-client';
import { DataSource } from 'typeorm';
import { OutageLog } from '../../platform/async/index.js';
import { describeError } from '../../platform/errors/index.js';
import { DATABASE_URL } from '../connections/data-source-options.js';
import {
  CONNECT_TIMEOUT_MS,
  CONNECTION_OPTIONS,
  prepareSession,
  readerSettings,
} from '../connections/sessions.js';
import { StorageClient } from '../connections/storage-client.js';
import { DATABASE_PROBLEMS, databaseProblemOf, SqlState, sqlStateOf } from '../schema/index.js';
import { HeldBatches } from './collector/stored-batches.js';
import { ownTables } from './startup/check-schema.js';
import { DatabaseStartup } from './startup/database-startup.js';

const CHECK_INTERVAL_MS = 1_000;
const RESPONSE_TIMEOUT_MS = 5_000;
/** A failed write within this time after a successful one is a problem of its batch, not of the database. */
const STORED_RECENTLY_MS = 5_000;
/** Before a backup is restored, its database is created empty: consecutive checks before tables are created in it. */
const CHECKS_BEFORE_REPAIR = 5;

/** $1: names of tables. */
const CHECK = `
  SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean AS "readOnly",
         (SELECT count(*)::int FROM unnest($1::text[]) AS name WHERE to_regclass(quote_ident(name)) IS NULL) AS missing`;

/** Values of the label `kind` of `tetcore_database_trouble`. */
const PROBLEM_KINDS = ['unreachable', 'no_database', 'no_tables', 'read_only', 'refuses_batches'] as const;
type DatabaseProblemKind = (typeof PROBLEM_KINDS)[number];

/** Why the database cannot be written. Meanwhile the server is degraded: nodes are served, and batches are queued. */
export interface DatabaseProblem {
  kind: DatabaseProblemKind;
  /** A sentence for untrusted clients: it names no host, no file and no role. */
  reason: string;
  /** By the clock of this machine: the database's cannot be read. */
  since: Date;
}

export const databaseMetricProviders = [
  makeGaugeProvider({
    name: 'tetcore_database_trouble',
    help: 'Whether the database has a problem, by kind: 1 or 0. Nodes are served all the same.',
    labelNames: ['kind'],
  }),
];

/**
 * Checks once a second, on its own connection, whether the database can be written, and logs when that changes: no other
 * part of the server logs an outage of the database. A database that was created again gets its tables again.
 */
@Injectable()
export class DatabaseWatch {
  private readonly logger = new Logger('Database');
  private readonly abort = new AbortController();
  private readonly listeners: (() => void)[] = [];
  private client: StorageClient | undefined;
  private current: DatabaseProblem | undefined;
  private writeFailure: { error: unknown } | undefined;
  private emptyChecks = 0;
  private storedAt = -Infinity;
  private readonly outage = new OutageLog(this.logger, {
    begins: (reason) =>
      `Database writes are failing: ${reason}. ${this.held.count.toString()} batches are queued and will be retried.`,
    ends: (seconds) => `The database is available again, after ${seconds} s.`,
  });

  constructor(
    @Inject(DATABASE_URL) private readonly url: string,
    private readonly dataSource: DataSource,
    private readonly startup: DatabaseStartup,
    private readonly held: HeldBatches,
    @InjectMetric('tetcore_database_trouble') private readonly gauge: Gauge,
  ) {
    this.updateGauge();
  }

  /** Undefined while the database can be written. */
  get problem(): DatabaseProblem | undefined {
    return this.current;
  }

  /** @param listener is called when a problem begins, changes or ends */
  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** To be called once the database was ready. */
  start(): void {
    void this.run();
  }

  stop(): void {
    this.abort.abort(new Error('The server is stopping.'));
  }

  /** Batches cannot be written, whatever a check finds: the disk is full, say, or a privilege is missing. */
  writeFailed(error: unknown): void {
    if (performance.now() - this.storedAt > STORED_RECENTLY_MS) this.writeFailure = { error };
  }

  batchStored(): void {
    this.storedAt = performance.now();
    this.writeFailure = undefined;
  }

  private async run(): Promise<void> {
    const { signal } = this.abort;
    try {
      for (;;) {
        const { kind, error } = await this.check();
        signal.throwIfAborted();
        this.update(kind, error);
        if (kind === 'no_tables') await this.repair();
        await sleep(CHECK_INTERVAL_MS, undefined, { signal });
      }
    } catch {
      // The server is stopping: nothing else ends the loop.
      await this.disconnect();
    }
  }

  private async check(): Promise<{ kind: DatabaseProblemKind | undefined; error?: unknown }> {
    try {
      this.client ??= await this.connect();
      const tables = ownTables(this.dataSource);
      const { rows } = await this.client.query<{ readOnly: boolean; missing: number }>(CHECK, [tables]);
      const { readOnly = false, missing = 0 } = rows[0] ?? {};
      this.emptyChecks = missing === tables.length ? this.emptyChecks + 1 : 0;
      if (missing > 0) return { kind: 'no_tables' };
      if (readOnly) {
        // Settings of a database or a role apply to new sessions only.
        await this.disconnect();
        return { kind: 'read_only' };
      }
      if (this.writeFailure === undefined) return { kind: undefined };
      await this.disconnect();
      return { kind: 'refuses_batches', error: this.writeFailure.error };
    } catch (error) {
      this.emptyChecks = 0;
      await this.disconnect();
      const isMissing = sqlStateOf(error) === SqlState.UndefinedDatabase;
      return { kind: isMissing ? 'no_database' : 'unreachable', error };
    }
  }

  private update(kind: DatabaseProblemKind | undefined, error: unknown): void {
    if (kind === undefined) {
      if (this.current === undefined) return;
      this.outage.succeeded();
      this.current = undefined;
    } else {
      const reason = reasonOf(kind, error);
      if (this.current?.reason === reason) return;
      this.outage.failed(withDetail(reason, error), reason);
      this.current = { kind, reason, since: this.outage.since ?? new Date() };
    }
    this.updateGauge();
    for (const listener of this.listeners) listener();
  }

  private updateGauge(): void {
    for (const kind of PROBLEM_KINDS) this.gauge.set({ kind }, kind === this.current?.kind ? 1 : 0);
  }

  private async repair(): Promise<void> {
    if (this.emptyChecks < CHECKS_BEFORE_REPAIR) return;
    this.emptyChecks = 0;
    try {
      if (await this.startup.recreateTables()) this.logger.log('Created the missing tables of the database.');
    } catch (error) {
      this.logger.error(`The missing tables of the database could not be created: ${String(error)}`);
    }
  }

  private async connect(): Promise<StorageClient> {
    const client = new StorageClient({
      connectionString: this.url,
      application_name: 'tetcore-analytics watch',
      ...CONNECTION_OPTIONS,
      query_timeout: RESPONSE_TIMEOUT_MS,
    });
    try {
      await client.connect();
      await prepareSession(client, readerSettings(RESPONSE_TIMEOUT_MS), CONNECT_TIMEOUT_MS);
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

/** A sentence without its period, and the message of an error in parentheses if there is one. */
export function withDetail(sentence: string, error: unknown): string {
  const detail = error === undefined ? '' : describeError(error);
  return sentence.replace(/\.$/, '') + (detail === '' ? '' : ` (${detail})`);
}

function reasonOf(kind: DatabaseProblemKind, error: unknown): string {
  if (kind !== 'refuses_batches') return DATABASE_PROBLEMS[kind];
  const problem = databaseProblemOf(error);
  if (problem !== undefined) return problem;
  const state = sqlStateOf(error);
  const code = state === undefined ? '' : ` (SQLSTATE ${state})`;
  return `The database rejects writes${code}.`;
}
