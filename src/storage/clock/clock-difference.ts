import type { ClientBase } from 'pg';

/** What two clocks say, read together. */
export interface ClockReading {
  /** By the database's clock: whole milliseconds since the epoch. */
  now: number;
  /** By how much ours is ahead of it, at least: what the way there and back takes may hide more. Milliseconds. */
  aheadMs: number;
}

/**
 * Reads the clock of the database and ours.
 *
 * @param local milliseconds since the epoch
 * @throws errors of the database
 */
export async function readClocks(
  client: ClientBase,
  local: () => number = () => Date.now(),
): Promise<ClockReading> {
  const before = local();
  const { rows } = await client.query<{ now: number }>(
    'SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now',
  );
  const after = local();
  const now = rows[0]?.now ?? NaN;
  if (now < before) return { now, aheadMs: before - now };
  return { now, aheadMs: now > after ? after - now : 0 };
}
