import { BATCH_IDS_KEPT_MS, connectionIds, NOTHING_HELD } from '../../storage/index.js';
import type { PurgeContext } from '../purge-context.js';
import type { PurgePart } from '../purge-part.js';
import { EXPIRED_CONNECTION, expiredBefore } from './connections.part.js';

/** One that may have left a journal stays: without its row, all of that would be stored, whatever is stored already. */
const ENDED = `greatest(stopped_at, last_seen_at) < $1 AND holds_from = '${NOTHING_HELD}'`;

const ANY = 'SELECT 1 FROM peer_connections WHERE id >= $1 AND id < $2 LIMIT 1';
/** For a preview: connections that have expired are there still. */
const UNEXPIRED = `
  SELECT 1 FROM peer_connections WHERE id >= $3 AND id < $4 AND NOT (${EXPIRED_CONNECTION}) LIMIT 1`;

/**
 * Rows of server processes that ended before everything that is kept of them. The number of a process is in the ids of
 * its connections: while one is there, no other process may get that number.
 */
export const collectors: PurgePart = {
  name: 'collectors',
  after: ['peer_connections', 'ingest_batches'],

  async purge(context, report) {
    const cutoff = await cutoffOf(context);
    const numbers = await expired(context, cutoff);
    if (numbers.length === 0) return;
    const { rowCount } = await context.client.query(
      `DELETE FROM collectors WHERE ${ENDED} AND number = ANY($2::integer[])`,
      [cutoff, numbers],
    );
    report.deleted('collectors', rowCount ?? 0);
  },

  async preview(context) {
    return { rows: { collectors: (await expired(context, await cutoffOf(context))).length } };
  },
};

/** Neither a message nor the id of a batch that is kept is older. */
async function cutoffOf(context: PurgeContext): Promise<Date> {
  const kept = await context.keptFrom();
  return new Date(Math.min(kept.getTime(), context.now - BATCH_IDS_KEPT_MS));
}

/** The numbers. In steps, since on Citus a DELETE does not join a distributed table. */
async function expired(context: PurgeContext, cutoff: Date): Promise<number[]> {
  const ended = await context.client.query<{ number: number }>(
    `SELECT number FROM collectors WHERE ${ENDED}`,
    [cutoff],
  );
  const numbers: number[] = [];
  for (const { number } of ended.rows) if (!(await hasConnections(context, number))) numbers.push(number);
  return numbers;
}

async function hasConnections(context: PurgeContext, number: number): Promise<boolean> {
  const ids = connectionIds(number);
  const { rows } = context.dryRun
    ? await context.client.query(UNEXPIRED, [...(await expiredBefore(context)), ...ids])
    : await context.client.query(ANY, [...ids]);
  return rows.length > 0;
}
