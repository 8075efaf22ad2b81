import type { ClientBase } from 'pg';
import { CLOCK_OFF_MS } from '../schema/index.js';
import { type ClockOffset, type ClockReading, DatabaseClock } from './database-clock.js';
import { type LocalClock, SystemClock } from './local-clock.js';

/**
 * Reads the clock of the database and ours, where no {@link DatabaseClock} is at hand.
 *
 * @throws errors of the database
 */
export function readClocks(client: ClientBase, local: LocalClock = new SystemClock()): Promise<ClockReading> {
  return new DatabaseClock(local).measure(client);
}

/** How far a clock is off at least: what the way to the database and back may hide is left out. Milliseconds, >= 0. */
export function leastOffMs({ offsetMs, errorMs }: ClockOffset): number {
  return Math.max(0, Math.abs(offsetMs) - errorMs);
}

/** Whether a clock is wrong, so that its server does not purge and says so: by more than a minute at least. */
export function isOff(offset: ClockOffset): boolean {
  return leastOffMs(offset) > CLOCK_OFF_MS;
}
