import { SqlState, sqlStateOf } from '../schema/index.js';

/** What keeps the database from doing its part, as metrics name it. */
export const TROUBLES = ['unreachable', 'no_database', 'no_tables', 'read_only', 'refuses_batches'] as const;
export type TroubleKind = (typeof TROUBLES)[number];

export interface DatabaseTrouble {
  kind: TroubleKind;
  /** A sentence for anybody: it names no host, no file and no role. */
  reason: string;
  /** When it was noticed, by the clock of this machine: the database cannot be asked. */
  since: Date;
}

const REASONS: Record<Exclude<TroubleKind, 'refuses_batches'>, string> = {
  unreachable: 'The database cannot be reached.',
  no_database: 'The database does not exist.',
  no_tables: 'Tables are missing in the database.',
  read_only: 'The database is read-only.',
};

export function reasonOf(kind: TroubleKind, error?: unknown): string {
  return kind === 'refuses_batches' ? refusal(error) : REASONS[kind];
}

function refusal(error: unknown): string {
  const state = sqlStateOf(error);
  if (state === SqlState.DiskFull) return 'The disk of the database is full.';
  if (state === SqlState.ReadOnlySqlTransaction) return REASONS.read_only;
  const code = state === undefined ? '' : ` (SQLSTATE ${state})`;
  return `The database does not store batches${code}. The log of the server says why.`;
}

/** What an error of a connection or a question says of the database. */
export function troubleOf(error: unknown): TroubleKind {
  return sqlStateOf(error) === SqlState.UndefinedDatabase ? 'no_database' : 'unreachable';
}
