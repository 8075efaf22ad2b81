import type { Clock } from './clock.js';

/** A planned time in which something is different. */
export interface Episode {
  /** When it begins, after the start of the simulation. */
  readonly afterMinutes: number;
  readonly forMinutes: number;
  /** Interval of repetition; 0: once. */
  readonly everyHours: number;
}

interface EpisodesOptions {
  readonly plans: readonly Episode[];
  readonly clock: Clock;
  /** Called where none was going on. */
  readonly began: (at: number) => void;
  /** Called where none is left. */
  readonly ended: (at: number) => void;
}

const MINUTE_MS = 60_000;

/** Episodes in simulated time. Overlapping ones are merged. */
export class Episodes {
  private lastUntil: number | undefined;

  constructor(private readonly options: EpisodesOptions) {}

  get isOn(): boolean {
    return this.lastUntil !== undefined;
  }

  /** Schedules them. @param startAt start of the simulation: milliseconds since the epoch */
  schedule(startAt: number): void {
    const { plans, clock } = this.options;
    for (const { afterMinutes, forMinutes, everyHours } of plans) {
      const first = startAt + afterMinutes * MINUTE_MS;
      const begin = (at: number): void => this.begin(at, Math.round(at + forMinutes * MINUTE_MS));
      if (everyHours === 0) clock.at(first, begin);
      else clock.repeat(first, () => everyHours * 60 * MINUTE_MS, begin);
    }
  }

  private begin(at: number, until: number): void {
    if (this.lastUntil === undefined) this.options.began(at);
    this.lastUntil = Math.max(this.lastUntil ?? until, until);
    this.options.clock.at(until, (time) => this.end(time));
  }

  private end(at: number): void {
    if (this.lastUntil === undefined || at < this.lastUntil) return;
    this.lastUntil = undefined;
    this.options.ended(at);
  }
}
