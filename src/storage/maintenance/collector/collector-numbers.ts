import type { ClientBase } from 'pg';
import { hostname } from 'node:os';
import { PACKAGE_VERSION } from '../../../config/index.js';
import { type CollectorIdentity, drawCollectorNumber } from './collector-id.js';

/** Numbers that are drawn in a row before it is given up: with a thousand taken, two in a row are one in four million. */
const MOST_DRAWS = 20;

/** When a UUIDv7, $2, was made: its first 48 bits are milliseconds. */
const STARTED = `to_timestamp(('x' || left(replace($2::uuid::text, '-', ''), 12))::bit(48)::bigint / 1000.0)`;

/**
 * The number that a collector has in this database. One that is not known here is taken down by the number that it
 * has, or where another one has that, by a fresh one.
 *
 * @param isRunning whether it is a process that runs, or one that ended, of which something is still to be stored
 */
export async function takeCollectorNumber(
  client: ClientBase,
  { id, number }: CollectorIdentity,
  isRunning = true,
): Promise<number> {
  let wanted = number;
  for (let draw = 0; draw < MOST_DRAWS; draw += 1) {
    // Whichever of the two is taken: by now the id may have a number.
    await client.query(
      `INSERT INTO collectors (number, id, host, version, started_at, last_seen_at, stopped_at)
       VALUES ($1, $2::uuid, $3, $4, ${isRunning ? 'now()' : STARTED}, now(), ${isRunning ? 'NULL' : 'now()'})
       ON CONFLICT DO NOTHING`,
      [wanted, id, hostname(), PACKAGE_VERSION],
    );
    const { rows } = await client.query<{ number: number }>('SELECT number FROM collectors WHERE id = $1', [
      id,
    ]);
    if (rows[0] !== undefined) return rows[0].number;
    wanted = drawCollectorNumber();
  }
  throw new Error(`${MOST_DRAWS.toString()} numbers for a collector were taken one after the other.`);
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
  const number = await takeCollectorNumber(client, { id, number: drawCollectorNumber() });
  await client.query('UPDATE collectors SET last_seen_at = now(), stopped_at = now() WHERE number = $1', [
    number,
  ]);
  return number;
}
