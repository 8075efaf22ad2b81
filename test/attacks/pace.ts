import { setTimeout as sleep } from 'node:timers/promises';
import type { Target } from './attack.js';

/** Repeats something until the attack is over: milliseconds from one beginning to the next, at least. */
export async function repeat(end: number, everyMs: number, step: (turn: number) => unknown): Promise<void> {
  for (let turn = 0; performance.now() < end; turn += 1) {
    const startedAt = performance.now();
    await step(turn);
    await sleep(Math.max(0, Math.min(startedAt + everyMs, end) - performance.now()));
  }
}

/** When an attack that begins now is over, by `performance.now()`. */
export function endOf({ seconds }: Target): number {
  return performance.now() + seconds * 1000;
}

/** Waits until the attack is over. */
export async function until(end: number): Promise<void> {
  await sleep(Math.max(0, end - performance.now()));
}
