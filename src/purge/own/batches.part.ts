import { BATCH_IDS_KEPT_MS } from '../../storage/index.js';
import type { ExpiringRows } from '../expiring-rows.js';

/**
 * A batch may be stored long after its id was made, and stays known for as long as any other. Ids are UUIDv7: those
 * that were made too late to have expired are not looked at.
 */
export const batches: ExpiringRows = {
  table: 'ingest_batches',
  key: ['id', 'collector'],
  orderBy: 'id',
  condition: 'stored_at < $1 AND id < $2',
  kept: ({ now }) => {
    const cutoff = now - BATCH_IDS_KEPT_MS;
    return [new Date(cutoff), firstUuidOf(cutoff)];
  },
};

/** The lowest UUIDv7 of a moment: 48 bits of milliseconds, RFC 9562. */
function firstUuidOf(moment: number): string {
  const hex = Math.max(0, moment).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
}
