import type { ClientBase } from 'pg';
import { hostname } from 'node:os';
import { PACKAGE_VERSION } from '../../../platform/config/index.js';
import { NOTHING_HELD } from '../../schema/index.js';
import { type CollectorIdentity, drawCollectorNumber } from './collector-id.js';
import { markBatchIds } from './stored-batches.js';

/** Numbers that are drawn in a row before it is given up: with a thousand taken, two in a row are one in four million. */
const MOST_DRAWS = 20;

/** When a UUIDv7, $2, was made: its first 48 bits are milliseconds. */
const STARTED = `to_timestamp(('x' || left(replace($2::uuid::text, '-', ''), 12))::bit(48)::bigint / 1000.0)`;

/**
 * The number that a collector has in this database. One that is not known here is taken down by the number that it
 * has, or where another one has that, by a fresh one, with the mark of its batch ids (see `stored-batches.ts`).
 *
 * @param client without a transaction
 * @param isRunning whether it is a process that runs, or one that ended, of which something is still to be stored
 */
export async function takeCollectorNumber(
  client: ClientBase,
  identity: CollectorIdentity,
  isRunning = true,
): Promise<number> {
  await client.query('BEGIN');
  try {
    const { number, isNew } = await takeNumber(client, identity, isRunning);
    if (isNew) await markBatchIds(client, identity.id, number);
    await client.query('COMMIT');
    return number;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

async function takeNumber(
  client: ClientBase,
  { id, number }: CollectorIdentity,
  isRunning: boolean,
): Promise<{ number: number; isNew: boolean }> {
  let wanted = number;
  for (let draw = 0; draw < MOST_DRAWS; draw += 1) {
    // Whichever of the two is taken: by now the id may have a number.
    const { rowCount } = await client.query(
      `INSERT INTO collectors (number, id, host, version, started_at, last_seen_at, stopped_at)
       VALUES ($1, $2::uuid, $3, $4, ${isRunning ? 'now()' : STARTED}, now(), ${isRunning ? 'NULL' : 'now()'})
       ON CONFLICT DO NOTHING`,
      [wanted, id, hostname(), PACKAGE_VERSION],
    );
    const { rows } = await client.query<{ number: number }>('SELECT number FROM collectors WHERE id = $1', [
      id,
    ]);
    if (rows[0] !== undefined) return { number: rows[0].number, isNew: rowCount === 1 };
    wanted = drawCollectorNumber();
  }
  throw new Error(`No free collector number was found in ${MOST_DRAWS.toString()} attempts.`);
}

/** The number that a collector has in this database; its own where it is not known here. */
export async function collectorNumber(
  client: ClientBase,
  { id, number }: CollectorIdentity,
): Promise<number> {
  const { rows } = await client.query<{ number: number }>('SELECT number FROM collectors WHERE id = $1', [
    id,
  ]);
  return rows[0]?.number ?? number;
}

/**
 * The number of a collector that is no process, such as a database that is brought over: for one id always the same, as
 * long as connections of it are there. Call it within a transaction, so that nobody takes it for a server that runs.
 *
 * @param id a UUID
 */
export async function reserveCollectorNumber(client: ClientBase, id: string): Promise<number> {
  const { number } = await takeNumber(client, { id, number: drawCollectorNumber() }, true);
  await client.query(
    `UPDATE collectors SET last_seen_at = now(), stopped_at = now(), holds_from = '${NOTHING_HELD}'
      WHERE number = $1`,
    [number],
  );
  return number;
}
