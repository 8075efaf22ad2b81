import { GRACE_US } from './aggregate/observer-gaps.js';

/** A gap without an end, while another server process ran: nodes of a process that is gone find the other one. */
const MOVED_AFTER = "interval '10 min'";
const GRACE = `interval '${(GRACE_US / 1e6).toString()} s'`;

/** Whether no other server process ran when a gap began. */
const ALONE = `
  NOT EXISTS (SELECT FROM collectors
               WHERE number <> gap.collector AND started_at <= gap.began_at
                 AND coalesce(stopped_at, last_seen_at) > gap.began_at)`;

/**
 * Gaps of the observer as a FROM item: id, collector, cause, began_at, ended_at, `until`, from which on nodes are expected
 * again, and `alone`: whether no other server process ran when it began. A gap without an end, of a process that did not
 * come back, lasts until another process started, or for ten minutes if another one ran, otherwise until now.
 */
export const EXCUSED = `
  (SELECT gap.id, gap.collector, gap.cause, gap.began_at, gap.ended_at, ${ALONE} AS alone,
          coalesce(gap.ended_at, least(
            now(),
            (SELECT min(started_at) FROM collectors WHERE started_at > gap.began_at),
            CASE WHEN NOT ${ALONE} THEN gap.began_at + ${MOVED_AFTER} END))
            + ${GRACE} AS until
     FROM observer_gaps AS gap)`;
