import type { Settings } from '../platform/config/index.js';

/** Rows that are brought over in one transaction. */
export const DEFAULT_CHUNK = 20_000;
/** Transactions at the same time. */
export const DEFAULT_CONNECTIONS = 3;

export interface ImportOptions {
  /** The database of 0.1.4: `postgres://` or `postgresql://`. Nothing is written to it. */
  from: string;
  /** The database that a server of this version uses. It is created and migrated where that is needed. */
  to: string;
  /** `LOG_EXPIRY_H` says what has expired, and gives partitions their width. */
  settings: Settings;
  /** Whether it is another source than those that were brought over before; else it has to be one of them. */
  anotherSource?: boolean;
  /** The genesis hash of chains by their name, in lower case; 0.1.4 does not keep it. Others have none. */
  genesis?: ReadonlyMap<string, string>;
  /** Rows of a transaction, at most; {@link DEFAULT_CHUNK} unless given. */
  chunk?: number;
  /** Transactions at the same time; {@link DEFAULT_CONNECTIONS} unless given. */
  connections?: number;
  /** Ends it after the transactions that are under way. */
  signal?: AbortSignal;
  /** Is told how far it is. */
  progress?: ImportProgress;
}

export interface ImportProgress {
  /**
   * A table is begun.
   *
   * @param ids how many ids are still to be gone through
   */
  begin(table: string, ids: number): void;
  /** A part of it is brought over. */
  advance(ids: number, rows: number): void;
  /** Something that takes a while and has no parts. */
  log(message: string): void;
  /** No more is to come. */
  end(): void;
}

/** A database cannot be brought over as things are. The message says why, and what to do. */
export class ImportError extends Error {
  override readonly name = 'ImportError';
}
