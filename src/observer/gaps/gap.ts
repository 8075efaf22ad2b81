import { v5 as uuidv5, v7 as uuidv7 } from 'uuid';
import type { CollectorIdentity, GapCause } from '../../storage/index.js';

/** A moment by the monotonic clock of this process, or by the database's clock: milliseconds. */
export type Moment = { monotonicMs: number } | { databaseMs: number };

/** A time in which a collector did not see its nodes. */
export interface Gap {
  /** The same however often it is stored. */
  id: string;
  /** Whose gap it is: not always this process. */
  collector: CollectorIdentity;
  cause: GapCause;
  began: Moment;
  /** Undefined while it goes on. */
  ended: Moment | undefined;
}

/** A process is down once, after its end. Every process that records it writes the same row. */
export function downGapId(collectorId: string): string {
  return uuidv5('down', collectorId);
}

export function newGap(collector: CollectorIdentity, cause: GapCause, began: Moment): Gap {
  const id = cause === 'down' ? downGapId(collector.id) : uuidv7();
  return { id, collector, cause, began, ended: undefined };
}
