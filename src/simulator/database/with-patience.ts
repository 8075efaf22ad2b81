import { Logger } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeError } from './history.errors.js';

const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 5_000;
/** A database that is away for longer than this is not waited for. */
const PATIENCE_MS = 60_000;

const logger = new Logger('DatabaseSink');

export interface PatienceOptions {
  /** What is stored, as the end of "Cannot store …". */
  what: string;
  /** Once it is aborted, what fails is not tried again. */
  stop: AbortSignal;
  /** Whether to try again has no point any more. */
  isPointless?: () => boolean;
}

/**
 * Stores something, and again while that fails: up to a minute.
 *
 * @throws the last error
 */
export async function withPatience<T>(
  store: () => Promise<T>,
  { what, stop, isPointless = () => false }: PatienceOptions,
): Promise<T> {
  const latest = performance.now() + PATIENCE_MS;
  for (let delay = FIRST_DELAY_MS; ; delay = Math.min(2 * delay, LONGEST_DELAY_MS)) {
    try {
      return await store();
    } catch (error) {
      if (isPointless() || stop.aborted || performance.now() > latest) throw error;
      if (delay === FIRST_DELAY_MS || delay === LONGEST_DELAY_MS)
        logger.warn(`Cannot store ${what}, retrying: ${describeError(error)}`);
    }
    await sleep(delay, undefined, { signal: stop }).catch(() => undefined);
  }
}
