import { Random } from '../../src/simulator/random/random.js';
import { drawFault, type Fault } from '../delivery/schedule/draw-schedule.js';
import { DATABASE_FAULTS, type FaultKind } from '../delivery/schedule/fault-kinds.js';

/** Whatever leaves the server's process alone, since its memory is what is looked at. */
export const SOAK_FAULTS: readonly FaultKind[] = [...DATABASE_FAULTS, 'sockets reset'];

export interface FaultTimes {
  seed: number;
  /** Of the whole run: milliseconds. */
  lengthMs: number;
  /** From the beginning of one fault to that of the next: milliseconds, at least and at most. */
  gapMs: readonly [number, number];
  /** The longest that something is away: milliseconds. */
  longestMs: number;
}

/** Faults at random, the same for the same seed, over a time: no kind comes again before all have been there. */
export function drawFaults({ seed, lengthMs, gapMs, longestMs }: FaultTimes): Fault[] {
  const random = new Random(seed, 'soak');
  const gap = (): number => Math.round(gapMs[0] + random.fraction() * (gapMs[1] - gapMs[0]));
  const faults: Fault[] = [];
  let kinds: FaultKind[] = [];
  // What begins with less than a gap to go might reach beyond the end.
  for (let at = gap(); at <= lengthMs - gapMs[0] / 2; at += gap()) {
    if (kinds.length === 0) kinds = random.sample(SOAK_FAULTS, SOAK_FAULTS.length);
    const kind = kinds.pop();
    if (kind !== undefined) faults.push(drawFault(random, { kind, at }, { replicas: 1, longestMs }));
  }
  return faults;
}
