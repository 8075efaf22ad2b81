import { OperatorError } from '../platform/errors/index.js';
import type { Settings } from '../platform/config/index.js';

/** Rows per transaction. */
export const DEFAULT_CHUNK = 20_000;
/** Concurrent transactions. */
export const DEFAULT_CONNECTIONS = 3;

export interface ImportOptions {
  /** The database of 0.1.4: `postgres://` or `postgresql://`. It is not changed. */
  from: string;
  /** The database of a server of this version. It is created and migrated if needed. */
  to: string;
  /** `LOG_EXPIRY_H` determines what has expired, and the width of partitions. */
  settings: Settings;
  /** Whether the source may differ from sources of previous imports. */
  anotherSource?: boolean;
  /** Genesis hashes by name of the chain, in lower case. 0.1.4 does not store them; other chains have none. */
  genesis?: ReadonlyMap<string, string>;
  /** Maximum number of rows per transaction; default: {@link DEFAULT_CHUNK}. */
  chunk?: number;
  /** Concurrent transactions; default: {@link DEFAULT_CONNECTIONS}. */
  connections?: number;
  /** Stops the import after the running transactions. */
  signal?: AbortSignal;
  /** Receives the progress. */
  progress?: ImportProgress;
}

export interface ImportProgress {
  /**
   * The import of a table starts.
   *
   * @param ids number of remaining ids
   */
  begin(table: string, ids: number): void;
  /** A range has been imported. */
  advance(ids: number, rows: number): void;
  /** A message, for example about a step without progress. */
  log(message: string): void;
  /** The import is done. */
  end(): void;
}

/** A database cannot be imported. The message has the reason and the remedy. */
export class ImportError extends OperatorError {
  override readonly name = 'ImportError';
}
