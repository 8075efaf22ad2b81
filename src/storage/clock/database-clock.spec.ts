import { Logger } from '@nestjs/common';
import type { ClientBase } from 'pg';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ClockAlarm, isOff, minOffsetMs, readClocks } from './clock-alarm.js';
import { DatabaseClock, LocalClock } from './database-clock.js';

const EPOCH = Date.UTC(2026, 0, 1);

/** A clock that is as far off as a test wants. */
class FakeClock extends LocalClock {
  passed = 0;
  ahead = 0;

  override wallMs(): number {
    return EPOCH + this.passed + this.ahead;
  }

  override monotonicMs(): number {
    return 5_000 + this.passed;
  }
}

describe('DatabaseClock', () => {
  let local: FakeClock;
  let clock: DatabaseClock;

  beforeEach(() => {
    local = new FakeClock();
    local.ahead = 3_000;
    clock = new DatabaseClock(local);
  });

  /** The database is asked, and answers with its own time, which is right unless given. */
  const measure = (there: number, back: number, databaseAhead = 0): void => {
    const before = local.monotonicMs();
    local.passed += there;
    const database = EPOCH + local.passed + databaseAhead;
    local.passed += back;
    clock.add(before, local.monotonicMs(), database);
  };

  it('returns the local time before the first sample', () => {
    expect(clock.isMeasured).toBe(false);
    expect(clock.offset).toBeUndefined();
    expect(clock.databaseTimeOf()).toBe(local.wallMs());
    expect(clock.databaseTime(local.wallMs())).toBe(local.wallMs());
  });

  it('returns the offset of the sample with the shortest round trip', () => {
    measure(1, 99);
    expect(clock.offset).toEqual({ offsetMs: 3_049, errorMs: 50 });
    measure(2, 2);
    measure(40, 0);
    expect(clock.offset).toEqual({ offsetMs: 3_000, errorMs: 2 });
    expect(clock.databaseTime(local.wallMs())).toBe(EPOCH + local.passed);
    expect(clock.databaseTimeOf(5_000)).toBe(EPOCH);
  });

  it('continues by the monotonic clock without the database, even if the local clock is changed', () => {
    measure(2, 2);
    local.passed += 3_600_000;
    expect(clock.databaseTimeOf()).toBe(EPOCH + local.passed);
    local.ahead = -7_000;
    expect(clock.databaseTimeOf()).toBe(EPOCH + local.passed);
    expect(clock.offset?.offsetMs).toBe(-7_000);
  });

  it('reports a change of the local clock by more than 250 ms once', () => {
    measure(2, 2);
    local.ahead += 250;
    expect(clock.takeStep()).toBe(0);
    local.ahead += 1;
    expect(clock.takeStep()).toBe(251);
    expect(clock.takeStep()).toBe(0);
    local.ahead -= 3_000;
    expect(clock.takeStep()).toBe(-3_000);
  });

  it('still reports a change after a sample in between', () => {
    measure(2, 2);
    local.ahead += 5_000;
    measure(2, 2);
    expect(clock.takeStep()).toBe(5_000);
    local.ahead += 250;
    measure(2, 2);
    local.ahead += 250;
    expect(clock.takeStep()).toBe(0);
  });

  it("returns the database's time for messages, even if the local clock is changed", () => {
    expect(clock.now()).toBe(local.wallMs());
    measure(2, 2);
    expect(clock.now()).toBe(EPOCH + local.passed);
    local.ahead = -7 * 365 * 86_400_000;
    local.passed += 1_000;
    expect(clock.now()).toBe(EPOCH + local.passed);
    expect(clock.startedAt).toBe(EPOCH);
  });

  it("discards its samples when the database's clock is changed", () => {
    measure(1, 1);
    measure(100, 100, 2_000);
    expect(clock.offset).toEqual({ offsetMs: 1_000, errorMs: 100 });
  });

  it('prefers a new sample to a slightly better old one, since clocks drift', () => {
    measure(1, 1);
    local.passed += 3_600_000;
    measure(2, 2, 50);
    expect(clock.offset).toEqual({ offsetMs: 2_950, errorMs: 2 });
  });
});

describe('isOff', () => {
  afterEach(() => void vi.restoreAllMocks());

  it('is true if the offset exceeds a minute by more than the error of the measurement', () => {
    for (const [offsetMs, errorMs, off] of [
      [60_000, 0, false],
      [60_001, 0, true],
      [-60_001, 0, true],
      [60_400, 400, false],
      [-60_401, 400, true],
      [90_000, 45_000, false],
    ] as const) {
      expect([offsetMs, errorMs, isOff({ offsetMs, errorMs })]).toEqual([offsetMs, errorMs, off]);
    }
    expect(minOffsetMs({ offsetMs: -300, errorMs: 500 })).toBe(0);
    expect(minOffsetMs({ offsetMs: -700, errorMs: 500 })).toBe(200);
  });

  it('gives the same result for one and for continuous measurements, also on a slow connection', async () => {
    const errors = vi.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    vi.spyOn(Logger.prototype, 'log').mockImplementation(() => undefined);
    for (const [ahead, tripMs, off] of [
      [60_900, 2_000, false],
      [61_100, 2_000, true],
      [-60_900, 2_000, false],
      [60_100, 20, true],
    ] as const) {
      const local = new FakeClock();
      local.ahead = ahead;
      const query = (): Promise<{ rows: { now: number }[] }> => {
        const now = (EPOCH + local.passed + tripMs / 2) * 1000;
        local.passed += tripMs;
        return Promise.resolve({ rows: [{ now }] });
      };
      const client = { query } as unknown as ClientBase;
      const clock = new DatabaseClock(local);
      const alarm = new ClockAlarm();
      const once = await readClocks(client, local);
      const measured = await clock.measure(client);
      expect([isOff(once.offset), isOff(measured.offset)]).toEqual([off, off]);
      expect(measured.offset).toEqual(clock.offset);
      expect(measured.now).toBe(EPOCH + local.passed - tripMs / 2);
      errors.mockClear();
      alarm.offsetIs(measured.offset);
      expect(errors).toHaveBeenCalledTimes(off ? 1 : 0);
    }
  });
});
