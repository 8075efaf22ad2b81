import { Injectable } from '@nestjs/common';
import type { ClientBase } from 'pg';
import { microsecondsOf } from '../schema/index.js';

/** The clocks of this process: milliseconds. */
export abstract class LocalClock {
  /** Since the epoch. It may be wrong, and may be changed at any time. */
  abstract wallMs(): number;

  /** Since an arbitrary time. It never jumps. */
  abstract monotonicMs(): number;
}

@Injectable()
export class SystemClock extends LocalClock {
  override wallMs(): number {
    return Date.now();
  }

  override monotonicMs(): number {
    return performance.now();
  }
}

/** A clock was changed if it jumps by more than this: milliseconds. */
const STEP_MS = 250;

/** The assumed drift of two clocks, which adds to the error of older samples: 1 ms in 20 s. */
const DRIFT = 1 / 20_000;

const MAX_SAMPLES = 16;

/** Samples per measurement, so that one has a short round trip on a busy connection too. */
const SAMPLES_PER_MEASUREMENT = 4;

interface Sample {
  /** The database's clock minus the monotonic clock: milliseconds. */
  shift: number;
  /** Half the round trip: milliseconds. */
  errorMs: number;
  /** By the monotonic clock. */
  at: number;
}

/** The local clock minus the database's clock: milliseconds. */
export interface ClockOffset {
  offsetMs: number;
  /** The maximum error: half the round trip of the sample. */
  errorMs: number;
}

export interface ClockReading {
  /** The time of the database: whole milliseconds since the epoch. */
  now: number;
  /** By the best known sample. */
  offset: ClockOffset;
}

/**
 * The time of the database, without a query: also while it cannot be reached. Between two samples the monotonic clock is
 * used, so that a change of the local clock changes nothing but the offset. All timestamps and decisions by time use it.
 * Before the first sample, which is taken before nodes are accepted, it returns the local time.
 */
@Injectable()
export class DatabaseClock {
  private samples: Sample[] = [];
  private wallShift: number;
  /** Of the best sample when the last one was added. */
  private shift: number | undefined;
  /** The start of this process, by the monotonic clock. */
  private readonly createdAt: number;

  constructor(private readonly local: LocalClock) {
    this.wallShift = this.currentWallShift();
    this.createdAt = local.monotonicMs();
  }

  /** Whole milliseconds since the epoch. As cheap as `Date.now()`. */
  now(): number {
    return this.shift === undefined ? this.local.wallMs() : Math.floor(this.local.monotonicMs() + this.shift);
  }

  /** The start of this process by the current estimate: whole milliseconds since the epoch. */
  get startedAt(): number {
    return Math.floor(this.now() - (this.local.monotonicMs() - this.createdAt));
  }

  /** Whether there is a sample. Until then the local clock is used. */
  get isMeasured(): boolean {
    return this.samples.length > 0;
  }

  /** Undefined before the first sample. */
  get offset(): ClockOffset | undefined {
    const best = this.best();
    return best && { offsetMs: this.currentWallShift() - best.shift, errorMs: best.errorMs };
  }

  /**
   * Converts a time of the local clock, by the current offset.
   *
   * @param localMs milliseconds since the epoch
   */
  databaseTime(localMs: number): number {
    return localMs - (this.offset?.offsetMs ?? 0);
  }

  /** Converts a time of the monotonic clock, by default the current one. */
  databaseTimeOf(monotonicMs = this.local.monotonicMs()): number {
    return monotonicMs + (this.best()?.shift ?? this.currentWallShift());
  }

  /**
   * Adds a sample.
   *
   * @param before the time of the query, by the monotonic clock
   * @param after the time of the response
   * @param databaseMs the time of the database in the response
   */
  add(before: number, after: number, databaseMs: number): void {
    const errorMs = (after - before) / 2;
    const sample = { shift: databaseMs - (before + errorMs), errorMs, at: after };
    const best = this.best();
    // The database's clock was changed.
    if (best !== undefined && Math.abs(sample.shift - best.shift) > errorMs + best.errorMs + STEP_MS) {
      this.samples = [];
    }
    this.samples.push(sample);
    if (this.samples.length > MAX_SAMPLES) this.samples.splice(this.samples.indexOf(this.worst()), 1);
    const wallShift = this.currentWallShift();
    // A larger difference is a step, which takeStep() reports.
    if (Math.abs(wallShift - this.wallShift) <= STEP_MS) this.wallShift = wallShift;
    this.shift = this.best()?.shift;
  }

  /**
   * Reads the database's clock several times.
   *
   * @throws errors of the database
   */
  async measure(client: ClientBase): Promise<ClockReading> {
    let databaseMs = NaN;
    for (let count = 0; count < SAMPLES_PER_MEASUREMENT; count += 1) {
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
    if (offset === undefined || Number.isNaN(databaseMs)) throw new Error('The database returned no time.');
    return { now: Math.floor(databaseMs), offset };
  }

  /** By how much the local clock was changed since the last call; 0 if it was not: milliseconds. */
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
