import type { ClientBase } from 'pg';
import { DAY_MS, listPartitions } from '../storage/index.js';

/** Removes one kind of expired data, as a part of every purge. */
export interface PurgePart {
  /** A unique name, usually that of the table. Failures are reported under it. */
  readonly name: string;
  /** Parts that must run before. If one of them fails, this one is skipped until the next purge. */
  readonly after?: readonly string[];

  /**
   * Removes what has expired, in short transactions, and leaves none open. When the signal aborts, it returns soon, and
   * leaves the rest to the next purge.
   *
   * @param report is updated as rows are removed, since the purge may fail half-way
   */
  purge(context: PurgeContext, report: PurgeReport): Promise<void>;

  /** Returns what {@link purge} would remove, and changes nothing. */
  preview(context: PurgeContext): Promise<Expired>;
}

/** Messages that are not aggregated yet stay for so long after they have expired. */
const WAITS_FOR_AGGREGATION_MS = DAY_MS;

/** The connection, the times and the signal of one purge. */
export class PurgeContext {
  constructor(
    /** Without an open transaction, and with a statement timeout of 30 s. All parts use it, one after the other. */
    readonly client: ClientBase,
    /** The start of the purge by the database's clock: milliseconds since the epoch. */
    readonly now: number,
    /** LOG_EXPIRY_H in milliseconds. */
    private readonly expiryMs: number,
    readonly signal: AbortSignal,
    /** Whether this is a preview, which removes nothing. */
    readonly dryRun: boolean,
    /** Messages that were stored before are aggregated: milliseconds since the epoch; null if none are to be. */
    private readonly aggregatedUntil: number | null = null,
  ) {}

  /**
   * Messages of `/` expire before this time: milliseconds since the epoch. If their aggregation is behind, they stay until
   * it is done, for a day at most.
   */
  get messagesExpiredBefore(): number {
    const cutoff = this.now - this.expiryMs;
    return Math.min(cutoff, Math.max(this.aggregatedUntil ?? cutoff, cutoff - WAITS_FOR_AGGREGATION_MS));
  }

  /** Whether expired messages will be removed before they are aggregated. */
  get losesUnaggregated(): boolean {
    return this.aggregatedUntil !== null && this.aggregatedUntil < this.messagesExpiredBefore;
  }

  /**
   * The time of the oldest message of `/` that is left once `logs_expiring` has been purged. Rows that belong to messages
   * may be removed if they are older.
   */
  async keptFrom(): Promise<Date> {
    const cutoff = this.messagesExpiredBefore;
    const partitions = await listPartitions(this.client, 'logs_expiring');
    const oldest = partitions.find(({ to }) => !this.dryRun || to > cutoff);
    // A partition without a lower bound may hold messages of any age.
    return new Date(Math.max(0, Math.min(cutoff, oldest?.from ?? Infinity)));
  }
}

/** A dropped partition of `logs_expiring`. */
export interface DroppedPartition {
  name: string;
  /** An estimate by the statistics of PostgreSQL. */
  rows: number;
}

export interface PurgeFailure {
  /** The name of the part; null if the purge itself failed. */
  part: string | null;
  error: unknown;
}

/** What a purge has removed so far. */
export class PurgeReport {
  readonly partitions: DroppedPartition[] = [];
  /** Rows by table. */
  readonly rows: Record<string, number> = {};
  /** Expired partitions that were locked by readers, and are left to the next purge. */
  readonly left: string[] = [];
  readonly failures: PurgeFailure[] = [];
  /** Whether messages were removed before they were aggregated. */
  lostUnaggregated = false;

  deleted(table: string, rows: number): void {
    this.rows[table] = (this.rows[table] ?? 0) + rows;
  }

  failed(part: string | null, error: unknown): void {
    this.failures.push({ part, error });
  }
}

export interface ExpiredPartition extends DroppedPartition {
  /** Size on disk with indexes. */
  bytes: number;
}

/** What a part of a purge would remove now. */
export interface Expired {
  partitions?: readonly ExpiredPartition[];
  /** Rows by table, counted. */
  rows?: Readonly<Record<string, number>>;
}

/** What a purge would remove now. */
export interface PurgePreview {
  partitions: ExpiredPartition[];
  /** Rows by table, counted. */
  rows: Record<string, number>;
  /** Parts whose preview failed. */
  failures: PurgeFailure[];
}

/**
 * Runs a step of a purge. If it fails, the failure is added to `failures`, and other steps can go on.
 *
 * @returns whether it succeeded
 * @throws the failure, if the database does not respond any more
 */
export async function runStep(
  client: ClientBase,
  part: string,
  failures: PurgeFailure[],
  work: () => Promise<void>,
): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (!(await rollBack(client))) throw error;
    failures.push({ part, error });
    return false;
  }
}

/** Ends a transaction that the failure may have left open. @returns whether the database responds */
async function rollBack(client: ClientBase): Promise<boolean> {
  try {
    await client.query('ROLLBACK');
    return true;
  } catch {
    return false;
  }
}
