import { BATCH_IDS_KEPT_MS, NOTHING_HELD } from '../../storage/index.js';
import type { ExpiringRows } from '../expiring-rows.js';
import type { PurgeContext } from '../purge-context.js';

/** What processes may still store, and with it the mark of their ids, which has their own id. */
const HELD = `
  SELECT FROM unnest($3::integer[], $4::uuid[], $5::uuid[]) AS held (number, mark, holds_from)
   WHERE held.number = collector
     AND (held.holds_from <= ingest_batches.id
       OR held.mark = ingest_batches.id AND held.holds_from <> '${NOTHING_HELD}')`;

/**
 * The id of a batch stays for as long as its process, or the journal that it left, may hold the batch: see `holds_from`
 * of `collectors`. Ids are UUIDv7: those that were made too late to have expired are not looked at.
 */
export const batches: ExpiringRows = {
  table: 'ingest_batches',
  key: ['id', 'collector'],
  orderBy: 'id',
  condition: `stored_at < $1 AND id < $2 AND NOT EXISTS (${HELD})`,
  kept: async (context) => {
    const cutoff = context.now - BATCH_IDS_KEPT_MS;
    return [new Date(cutoff), firstUuidOf(cutoff), ...(await heldBatches(context))];
  },
};

/** Numbers and ids of all processes, and from which batch on they hold theirs: a row for each. */
async function heldBatches({
  client,
}: PurgeContext): Promise<[numbers: number[], marks: string[], holdsFrom: string[]]> {
  const { rows } = await client.query<{ number: number; id: string; holds_from: string }>(
    'SELECT number, id, holds_from FROM collectors',
  );
  return [
    rows.map(({ number }) => number),
    rows.map(({ id }) => id),
    rows.map(({ holds_from: from }) => from),
  ];
}

/** The lowest UUIDv7 of a moment: 48 bits of milliseconds, RFC 9562. */
function firstUuidOf(moment: number): string {
  const hex = Math.max(0, moment).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
}
