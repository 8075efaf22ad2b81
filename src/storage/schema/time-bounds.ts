const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/*
 * Every bound of time that two rooms must agree on, in milliseconds, each derived from the others. What reads relies on
 * what writes: change one here, and those that follow from it change with it.
 */

/** How far a node's clock may be from ours for `created_at` to follow it. */
export const CLOCK_BEHIND_MS = 7 * DAY_MS;
export const CLOCK_AHEAD_MS = DAY_MS;

/** While a node sends, its row in `peer_connections` is written this often: what the row says is as old as that. */
export const CONNECTION_WRITTEN_EVERY_MS = 30 * SECOND_MS;

/** A server whose clock is further from the database's than this does not purge, and raises an alarm. */
export const CLOCK_OFF_MS = MINUTE_MS;

/** For clocks of servers that differ, and rows that were written late. */
const MARGIN_MS = HOUR_MS;

/** How much later than its row says a connection whose server was lost may have messages. */
export const LOST_CONNECTION_MS = CLOCK_AHEAD_MS + MARGIN_MS;

/** `created_at` of a message that is stored now: back to what came a day ago and waited in a journal, and ahead. */
export const NEW_MESSAGE_BEHIND_MS = CLOCK_BEHIND_MS + DAY_MS;
export const NEW_MESSAGE_AHEAD_MS = CLOCK_AHEAD_MS + MARGIN_MS;

/** Partitions are there for messages so far ahead: made early enough that a day without the database harms nobody. */
export const PARTITIONS_AHEAD_MS = CLOCK_AHEAD_MS + DAY_MS;

/** A transaction of a writer is over within this time, one way or the other. */
export const WRITE_LIMIT_MS = 10 * SECOND_MS;

/**
 * Rows appear in another order than that of `stored_at`: who polls for new ones reads this much again, and passes over
 * the ids that are known.
 */
export const READ_AGAIN_MS = WRITE_LIMIT_MS + 5 * SECOND_MS;

/** The id of a stored batch is kept for at least this long after it was stored, and while a journal may hold the batch. */
export const BATCH_IDS_KEPT_MS = 7 * DAY_MS;

/** Rejected messages are for finding out what is wrong with a node, now. */
export const REJECTED_KEPT_MS = 7 * DAY_MS;

/** A node that was heard for less than this in all is removed from `nodes` so long after it was last seen. */
export const BRIEF_NODE_MS = HOUR_MS;
export const BRIEF_NODE_KEPT_MS = 30 * DAY_MS;

/** A server process that has not been seen for this long is taken for dead. */
export const COLLECTOR_DEAD_AFTER_MS = MINUTE_MS;

/** A bound as PostgreSQL takes it: `interval '25 hours'`. */
export function sqlInterval(ms: number): string {
  for (const [unit, size] of [
    ['days', DAY_MS],
    ['hours', HOUR_MS],
    ['seconds', SECOND_MS],
  ] as const) {
    if (ms % size === 0) return `interval '${(ms / size).toString()} ${unit}'`;
  }
  return `interval '${ms.toString()} ms'`;
}
