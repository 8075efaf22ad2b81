import pg from 'pg';

/** serialization_failure and deadlock_detected, by the names of PostgreSQL's manual, appendix A. */
const ROLLED_BACK = new Set(['40001', '40P01']);

/**
 * Whether the database has taken a transaction back since it stood in the way of another one. Nothing is wrong with
 * what was asked: once more, it waits behind the other.
 */
export function isRolledBack(error: unknown): boolean {
  return error instanceof pg.DatabaseError && ROLLED_BACK.has(error.code ?? '');
}
