import { v5 as uuidv5, v7 as uuidv7, validate as isUuid } from 'uuid';
import { type CollectorIdentity, GAP_CAUSES, type GapCause } from '../storage/index.js';

/** A time by the monotonic clock of this process, or by the database's clock: milliseconds. */
export type Moment = { monotonicMs: number } | { databaseMs: number };

/** A period in which a server process did not see its nodes. */
export interface Gap {
  /** Stays the same when it is stored again. */
  id: string;
  /** The process, not always this one. */
  collector: CollectorIdentity;
  cause: GapCause;
  began: Moment;
  /** Undefined while it continues. */
  ended: Moment | undefined;
}

/** The id of the gap after the end of a process: every process that records it writes the same row. */
export function downGapId(collectorId: string): string {
  return uuidv5('down', collectorId);
}

export function newGap(collector: CollectorIdentity, cause: GapCause, began: Moment): Gap {
  const id = cause === 'down' ? downGapId(collector.id) : uuidv7();
  return { id, collector, cause, began, ended: undefined };
}

/** A gap in a file. Times are milliseconds by the database's clock. */
export interface GapRecord {
  id: string;
  collector: CollectorIdentity;
  cause: GapCause;
  began_ms: number;
  ended_ms: number | null;
}

/** Undefined if it is not valid. */
export function readGapRecord(value: unknown): GapRecord | undefined {
  const record = (value ?? {}) as Partial<GapRecord>;
  const { id, collector, cause, began_ms: began, ended_ms: ended } = record;
  const isGap =
    isUuid(id) &&
    isCollector(collector) &&
    GAP_CAUSES.some((known) => known === cause) &&
    Number.isFinite(began) &&
    (ended === null || Number.isFinite(ended));
  return isGap ? (record as GapRecord) : undefined;
}

export function gapOf({ id, collector, cause, began_ms: began, ended_ms: ended }: GapRecord): Gap {
  return {
    id,
    collector,
    cause,
    began: { databaseMs: began },
    ended: ended === null ? undefined : { databaseMs: ended },
  };
}

export function isCollector(value: unknown): value is CollectorIdentity {
  const { id, number } = (value ?? {}) as Partial<CollectorIdentity>;
  return isUuid(id) && Number.isSafeInteger(number);
}
