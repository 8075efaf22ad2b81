import { inspect } from 'node:util';
import { setTimeout } from 'node:timers/promises';

export interface WaitOptions {
  /** What is waited for, as the end of "Waited … for". */
  what: string;
  /** 15,000 unless given. */
  timeoutMs?: number;
  /** Milliseconds between two checks; 10 unless given. */
  everyMs?: number;
}

/** The condition was not met in time. */
export class WaitTimeoutError extends Error {
  override readonly name = 'WaitTimeoutError';
}

type Falsy = false | null | undefined | 0 | '';

/**
 * Waits until a condition returns a true value, and returns that. A condition that throws is not met yet.
 *
 * @throws WaitTimeoutError with `what`, and the last value or error of the condition
 */
export async function waitUntil<T>(
  condition: () => T | Promise<T>,
  { what, timeoutMs = 15_000, everyMs = 10 }: WaitOptions,
): Promise<Exclude<T, Falsy>> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    let last: unknown;
    try {
      const value = await condition();
      if (isMet(value)) return value;
      last = value;
    } catch (error) {
      last = error;
    }
    if (performance.now() >= deadline) {
      const options = last instanceof Error ? { cause: last } : {};
      throw new WaitTimeoutError(`Waited ${timeoutMs} ms for ${what}; last: ${describe(last)}.`, options);
    }
    await setTimeout(everyMs);
  }
}

function isMet<T>(value: T): value is Exclude<T, Falsy> {
  return Boolean(value);
}

function describe(last: unknown): string {
  return last instanceof Error
    ? `${last.name}: ${last.message}`
    : inspect(last, { depth: 2, breakLength: Infinity });
}
