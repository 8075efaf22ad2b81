import { Injectable } from '@nestjs/common';
import { randomInt } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import type { ClientBase } from 'pg';
import { hostname } from 'node:os';
import { PACKAGE_VERSION } from '../../../platform/config/index.js';
import { COLLECTOR_NUMBERS, connectionId, MAX_CONNECTIONS, NO_UNSTORED_BATCHES } from '../../schema/index.js';
import { markBatchIds } from './stored-batches.js';

/** A server process. Its number is short, and unique once the database has a row with the number and the id. */
export interface CollectorIdentity {
  /** A UUIDv7. */
  readonly id: string;
  /** From 1 to {@link COLLECTOR_NUMBERS}, excluded. */
  readonly number: number;
}

/** A number that is probably free. */
function randomCollectorNumber(): number {
  return randomInt(1, COLLECTOR_NUMBERS);
}

/** The identity of this server process. */
@Injectable()
export class CollectorId {
  private current: CollectorIdentity = { id: uuidv7(), number: randomCollectorNumber() };
  private connections = 0;

  get identity(): CollectorIdentity {
    return this.current;
  }

  get id(): string {
    return this.current.id;
  }

  /** Changes the number, if another process has it. Not after the first connection, whose id contains the number. */
  renumber(number: number): void {
    if (this.connections > 0)
      throw new Error('The collector number cannot change after the first connection.');
    this.current = { id: this.current.id, number };
  }

  /**
   * The id of a new connection.
   *
   * @throws RangeError after 2^32 of them
   */
  nextConnectionId(): number {
    if (this.connections === MAX_CONNECTIONS) {
      throw new RangeError('This process has used all of its 2^32 connection ids. Restart it.');
    }
    this.connections += 1;
    return connectionId(this.current.number, this.connections);
  }
}

/** With a thousand numbers in use, two collisions in a row have a probability of one in four million. */
const MAX_ATTEMPTS = 20;

/** The time of a UUIDv7, $2: its first 48 bits are milliseconds. */
const STARTED_AT = `to_timestamp(('x' || left(replace($2::uuid::text, '-', ''), 12))::bit(48)::bigint / 1000.0)`;

/**
 * Returns the number of a collector in this database. A new collector is inserted, with another number if its own is
 * taken, and with the marker of its batch ids (see `stored-batches.ts`).
 *
 * @param client without an open transaction
 * @param isRunning whether the process runs; otherwise it has ended, and its journal is being replayed
 */
export async function registerCollector(
  client: ClientBase,
  identity: CollectorIdentity,
  isRunning = true,
): Promise<number> {
  await client.query('BEGIN');
  try {
    const { number, isNew } = await insertCollector(client, identity, isRunning);
    if (isNew) await markBatchIds(client, identity.id, number);
    await client.query('COMMIT');
    return number;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

async function insertCollector(
  client: ClientBase,
  { id, number }: CollectorIdentity,
  isRunning: boolean,
): Promise<{ number: number; isNew: boolean }> {
  let candidate = number;
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    // The conflict may be one of the number or of the id: the id may have a number meanwhile.
    const { rowCount } = await client.query(
      `INSERT INTO collectors (number, id, host, version, started_at, last_seen_at, stopped_at)
       VALUES ($1, $2::uuid, $3, $4, ${isRunning ? 'now()' : STARTED_AT}, now(), ${isRunning ? 'NULL' : 'now()'})
       ON CONFLICT DO NOTHING`,
      [candidate, id, hostname(), PACKAGE_VERSION],
    );
    const { rows } = await client.query<{ number: number }>('SELECT number FROM collectors WHERE id = $1', [
      id,
    ]);
    if (rows[0] !== undefined) return { number: rows[0].number, isNew: rowCount === 1 };
    candidate = randomCollectorNumber();
  }
  throw new Error(`No free collector number was found in ${MAX_ATTEMPTS.toString()} attempts.`);
}

/** The number of a collector in this database; its own number if the database has no row of it. */
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
 * Returns the number of a collector that is not a process, such as an imported database: always the same for an id, as
 * long as it has connections. To be called in a transaction, so that it never looks like a running server.
 *
 * @param id a UUID
 */
export async function reserveCollectorNumber(client: ClientBase, id: string): Promise<number> {
  const { number } = await insertCollector(client, { id, number: randomCollectorNumber() }, true);
  await client.query(
    `UPDATE collectors SET last_seen_at = now(), stopped_at = now(), holds_from = '${NO_UNSTORED_BATCHES}'
      WHERE number = $1`,
    [number],
  );
  return number;
}
