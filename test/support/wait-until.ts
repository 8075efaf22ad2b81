import { inspect } from 'node:util';
import { setTimeout } from 'node:timers/promises';

export interface WaitOptions {
  /** What is waited for, as the end of "Waited … for". */
  what: string;
  /** 5000 unless given. */
  timeoutMs?: number;
  /** Milliseconds between two looks; 10 unless given. */
  everyMs?: number;
}

/** What was waited for did not happen in time. */
export class WaitTimeoutError extends Error {
  override readonly name = 'WaitTimeoutError';
}

type Falsy = false | null | undefined | 0 | '';

/**
 * Waits until a condition gives something true, and returns that. A condition that throws is not met yet.
 *
 * @throws WaitTimeoutError that says what was waited for, and what the condition gave last
 */
export async function waitUntil<T>(
  condition: () => T | Promise<T>,
  { what, timeoutMs = 5_000, everyMs = 10 }: WaitOptions,
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
