import { Random } from '../../../src/simulator/random/random.js';
import { FAULT_KINDS, type FaultKind, SERVER_FAULTS } from './fault-kinds.js';

/** Lets one at a time do what must not happen beside something else. */
export class Turn {
  private last: Promise<unknown> = Promise.resolve();

  async take<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.last.then(work);
    this.last = mine.catch(() => undefined);
    return await mine;
  }
}

export interface Fault {
  kind: FaultKind;
  /** It begins when so many messages have been sent, or so many milliseconds have passed, or when the one before it is over. */
  at: number;
  /** Which of the servers, where it is about one. */
  replica: number;
  /** How long it lasts, where it has a length: milliseconds. */
  lengthMs: number;
  /** How often, how many or how much: from 0 to 1, to be read by each kind in its own way. */
  amount: number;
}

interface ScheduleOptions {
  seed: number;
  faults: number;
  messages: number;
  replicas: number;
  /** The longest that something is away: milliseconds. */
  longestMs: number;
  /** Of these kinds only; all unless given. */
  kinds?: readonly FaultKind[] | undefined;
}

/** Nothing happens in this part of the run at its beginning and at its end. */
const QUIET = 0.04;

/**
 * Faults at random, the same for the same seed: every kind as often as the number of faults allows, but no more
 * than twice, and what is left of any kind.
 */
export function drawSchedule(options: ScheduleOptions): Fault[] {
  const { seed, faults, messages, kinds: possible = FAULT_KINDS } = options;
  const random = new Random(seed, 'faults');
  const rounds = Math.min(2, Math.floor(faults / possible.length));
  const kinds = Array.from({ length: rounds }, () => possible).flat();
  const rest = faults - kinds.length;
  // Fewer than there are kinds: no kind comes twice.
  kinds.push(
    ...(rounds === 0
      ? random.sample(possible, rest)
      : Array.from({ length: rest }, () => random.pick(possible))),
  );
  const step = (messages * (1 - 2 * QUIET)) / Math.max(1, faults);
  return random.sample(kinds, kinds.length).map((kind, index) => {
    const at = Math.round(messages * QUIET + step * (index + random.fraction()));
    return drawFault(random, { kind, at }, options);
  });
}

/** The rest of a fault whose kind and time are known. */
export function drawFault(
  random: Random,
  { kind, at }: Pick<Fault, 'kind' | 'at'>,
  { replicas, longestMs }: Pick<ScheduleOptions, 'replicas' | 'longestMs'>,
): Fault {
  return {
    kind,
    at,
    replica: random.between(0, replicas - 1),
    // Short ones are many; some reach beyond the limit of a transaction.
    lengthMs: Math.round(300 + (longestMs - 300) * random.fraction() ** 2),
    amount: random.fraction(),
  };
}

export function isDatabaseFault({ kind }: Fault): boolean {
  return !(SERVER_FAULTS as readonly FaultKind[]).includes(kind);
}
