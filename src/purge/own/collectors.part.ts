import type { ClientBase } from 'pg';
import { BATCH_IDS_KEPT_MS } from '../../storage/index.js';
import type { PurgeContext } from '../purge-context.js';
import type { PurgePart } from '../purge-part.js';

const ENDED = 'greatest(stopped_at, last_seen_at) < $1';

/** Rows of server processes that ended before everything that is kept of them, and have left no connection open. */
export const collectors: PurgePart = {
  name: 'collectors',
  after: ['peer_connections', 'ingest_batches'],

  async purge(context, report) {
    const cutoff = await cutoffOf(context);
    const ids = await expired(context.client, cutoff);
    if (ids.length === 0) return;
    const { rowCount } = await context.client.query(
      `DELETE FROM collectors WHERE ${ENDED} AND id = ANY($2)`,
      [cutoff, ids],
    );
    report.deleted('collectors', rowCount ?? 0);
  },

  async preview(context) {
    return { rows: { collectors: (await expired(context.client, await cutoffOf(context))).length } };
  },
};

/** Neither a message nor the id of a batch that is kept is older. */
async function cutoffOf(context: PurgeContext): Promise<Date> {
  const kept = await context.keptFrom();
  return new Date(Math.min(kept.getTime(), context.now - BATCH_IDS_KEPT_MS));
}

/** In steps, since on Citus a DELETE does not join a distributed table. */
async function expired(client: ClientBase, cutoff: Date): Promise<string[]> {
  const ended = await client.query<{ id: string }>(`SELECT id FROM collectors WHERE ${ENDED}`, [cutoff]);
  if (ended.rows.length === 0) return [];
  const ids = ended.rows.map(({ id }) => id);
  const open = await client.query<{ id: string }>(
    'SELECT DISTINCT collector_id AS id FROM peer_connections WHERE ended_at IS NULL AND collector_id = ANY($1)',
    [ids],
  );
  const kept = new Set(open.rows.map(({ id }) => id));
  return ids.filter((id) => !kept.has(id));
}
