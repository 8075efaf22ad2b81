import type { ClientBase } from 'pg';
import { listPartitions } from '../storage/index.js';

/** What a part of a purge goes by. */
export class PurgeContext {
  constructor(
    /** A session without a transaction, in which a statement has 30 s. All parts share it, one after the other. */
    readonly client: ClientBase,
    /** When the purge began, by the database's clock: milliseconds since the epoch. */
    readonly now: number,
    /** How long messages of `/` are kept: milliseconds. */
    private readonly expiryMs: number,
    readonly signal: AbortSignal,
    /** Nothing is removed: this is a preview. */
    readonly dryRun: boolean,
  ) {}

  /** Messages of `/` before it have expired: milliseconds since the epoch. */
  get messagesExpiredBefore(): number {
    return this.now - this.expiryMs;
  }

  /**
   * The beginning of what is kept: no message of `/` that is left is older, once `logs_expiring` has been purged. What
   * belongs to messages can go when it is older.
   */
  async keptFrom(): Promise<Date> {
    const cutoff = this.messagesExpiredBefore;
    const partitions = await listPartitions(this.client, 'logs_expiring');
    const oldest = partitions.find(({ to }) => !this.dryRun || to > cutoff);
    // A partition without a lower bound may hold anything: then nothing is known of it.
    return new Date(Math.max(0, Math.min(cutoff, oldest?.from ?? Infinity)));
  }
}
