import { EventQueue } from './event-queue.js';

/** Something that happens at a time: milliseconds since the epoch. */
export type Happening = (at: number) => void;

/** Simulated time: lets one thing after the other happen, in the order of their times. */
export class Clock {
  private readonly queue = new EventQueue<Happening>();

  /** Lets something happen at a time, which is rounded to a millisecond. */
  at(time: number, happening: Happening): void {
    this.queue.push(Math.round(time), happening);
  }

  /** Lets something happen again and again. `gap` gives the time in between, in milliseconds. */
  repeat(first: number, gap: () => number, happening: Happening): void {
    this.at(first, (at) => {
      happening(at);
      this.repeat(at + Math.max(1, gap()), gap, happening);
    });
  }

  /** The next thing happens; `false` when there is none. */
  tick(): boolean {
    const next = this.queue.pop();
    next?.item(next.at);
    return next !== undefined;
  }
}
