import { validate as isUuid } from 'uuid';
import { type CollectorIdentity, GAP_CAUSES, type GapCause } from '../../storage/index.js';
import type { Gap } from './gap.js';

/** A gap as it stands in a file. Times are milliseconds of the database's clock. */
export interface GapRecord {
  id: string;
  collector: CollectorIdentity;
  cause: GapCause;
  began_ms: number;
  ended_ms: number | null;
}

/** Undefined where it is none. */
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
