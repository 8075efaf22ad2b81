import { Injectable } from '@nestjs/common';
import type { ClientBase } from 'pg';
import { microsecondsOf } from '../schema/index.js';
import { LocalClock } from './local-clock.js';

/** A clock that is this much off from what it was a moment ago was set: milliseconds. */
export const STEP_MS = 250;

/** How fast two clocks may drift apart, which makes an older sample worse: a millisecond in twenty seconds. */
const DRIFT = 1 / 20_000;

/** Samples that are held, at most. */
const MAX_SAMPLES = 16;

/** Taken in a row: one with a short round trip is among them also on a busy connection. */
const SAMPLES_AT_ONCE = 4;

interface Sample {
  /** The database's clock minus the monotonic one: milliseconds. */
  shift: number;
  /** Half the round trip: milliseconds. */
  errorMs: number;
  /** By the monotonic clock. */
  at: number;
}

/** How far the clock of this process is from the database's: local minus database, positive where ours is ahead. */
export interface ClockOffset {
  offsetMs: number;
  /** Half the round trip of the sample. */
  errorMs: number;
}

/** What both clocks say. */
export interface ClockReading {
  /** By the database's clock: whole milliseconds since the epoch. */
  now: number;
  /** Of ours, by the best sample that is known. */
  offset: ClockOffset;
}

/**
 * What the database's clock says, without asking it: also while it is away. Between two samples the monotonic clock
 * counts on, so that setting the local clock changes nothing but the offset. Everything that stamps a message or decides
 * by time goes by it. Before the first sample, which comes before nodes are let in, the local clock stands in for it.
 */
@Injectable()
export class DatabaseClock {
  private samples: Sample[] = [];
  private wallShift: number;
  /** That of the best sample, as of the last one that was added. */
  private shift: number | undefined;
  /** When this process had its clock made, by the monotonic one. */
  private readonly madeAt: number;

  constructor(private readonly local: LocalClock) {
    this.wallShift = this.currentWallShift();
    this.madeAt = local.monotonicMs();
  }

  /** Now: whole milliseconds since the epoch. It costs as little as `Date.now()`. */
  now(): number {
    return this.shift === undefined ? this.local.wallMs() : Math.floor(this.local.monotonicMs() + this.shift);
  }

  /** When this process began, by the clock as it is known now: whole milliseconds since the epoch. */
  get startedAt(): number {
    return Math.floor(this.now() - (this.local.monotonicMs() - this.madeAt));
  }

  /** Whether the database has been asked at least once. Until then the local clock stands in for its own. */
  get isMeasured(): boolean {
    return this.samples.length > 0;
  }

  /** By the best sample; undefined before there is one. */
  get offset(): ClockOffset | undefined {
    const best = this.best();
    return best && { offsetMs: this.currentWallShift() - best.shift, errorMs: best.errorMs };
  }

  /**
   * The time of the database at a time of the local clock, as that is set now.
   *
   * @param localMs milliseconds since the epoch
   */
  databaseTime(localMs: number): number {
    return localMs - (this.offset?.offsetMs ?? 0);
  }

  /** The same for a moment by the monotonic clock; without one, for now. */
  databaseTimeOf(monotonicMs = this.local.monotonicMs()): number {
    return monotonicMs + (this.best()?.shift ?? this.currentWallShift());
  }

  /**
   * Takes one answer of the database.
   *
   * @param before when it was asked, by the monotonic clock
   * @param after when it had answered
   * @param databaseMs what its clock said in between
   */
  add(before: number, after: number, databaseMs: number): void {
    const errorMs = (after - before) / 2;
    const sample = { shift: databaseMs - (before + errorMs), errorMs, at: after };
    const best = this.best();
    // Then it is the database's own clock that was set.
    if (best !== undefined && Math.abs(sample.shift - best.shift) > errorMs + best.errorMs + STEP_MS) {
      this.samples = [];
    }
    this.samples.push(sample);
    if (this.samples.length > MAX_SAMPLES) this.samples.splice(this.samples.indexOf(this.worst()), 1);
    const wallShift = this.currentWallShift();
    // More than that is a step, which is left for whoever is to say so.
    if (Math.abs(wallShift - this.wallShift) <= STEP_MS) this.wallShift = wallShift;
    this.shift = this.best()?.shift;
  }

  /**
   * Reads the database's clock a few times.
   *
   * @throws errors of the database
   */
  async measure(client: ClientBase): Promise<ClockReading> {
    let databaseMs = NaN;
    for (let count = 0; count < SAMPLES_AT_ONCE; count += 1) {
      const before = this.local.monotonicMs();
      const { rows } = await client.query<{ now: number }>(
        `SELECT ${microsecondsOf('clock_timestamp()')} AS now`,
      );
      const after = this.local.monotonicMs();
      if (rows[0] === undefined) continue;
      databaseMs = rows[0].now / 1000;
      this.add(before, after, databaseMs);
    }
    const { offset } = this;
    if (offset === undefined || Number.isNaN(databaseMs))
      throw new Error('The database returned no time.');
    return { now: Math.floor(databaseMs), offset };
  }

  /** How far the local clock was set since the last call that said so; 0 is not at all. */
  takeStep(): number {
    const shift = this.currentWallShift();
    const step = shift - this.wallShift;
    if (Math.abs(step) <= STEP_MS) return 0;
    this.wallShift = shift;
    return step;
  }

  private currentWallShift(): number {
    return this.local.wallMs() - this.local.monotonicMs();
  }

  private best(): Sample | undefined {
    return this.samples.length === 0
      ? undefined
      : this.samples.reduce((left, right) => (this.doubt(right) < this.doubt(left) ? right : left));
  }

  private worst(): Sample {
    return this.samples.reduce((left, right) => (this.doubt(right) > this.doubt(left) ? right : left));
  }

  private doubt({ errorMs, at }: Sample): number {
    return errorMs + (this.local.monotonicMs() - at) * DRIFT;
  }
}
