import { beforeEach, describe, expect, it } from 'vitest';
import { LocalClock } from './local-clock.js';
import { DatabaseClock } from './database-clock.js';

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

describe('the clock of the observer', () => {
  let local: FakeClock;
  let clock: DatabaseClock;

  beforeEach(() => {
    local = new FakeClock();
    local.ahead = 3_000;
    clock = new DatabaseClock(local);
  });

  /** The database is asked, and answers with its own time, which is right unless given. */
  const ask = (there: number, back: number, databaseAhead = 0): void => {
    const before = local.monotonicMs();
    local.passed += there;
    const database = EPOCH + local.passed + databaseAhead;
    local.passed += back;
    clock.add(before, local.monotonicMs(), database);
  };

  it('is the local one until the database was asked', () => {
    expect(clock.isMeasured).toBe(false);
    expect(clock.offset).toBeUndefined();
    expect(clock.databaseTimeOf()).toBe(local.wallMs());
    expect(clock.databaseTime(local.wallMs())).toBe(local.wallMs());
  });

  it('knows how far the local one is ahead, by the sample with the shortest round trip', () => {
    ask(1, 99);
    expect(clock.offset).toEqual({ offsetMs: 3_049, errorMs: 50 });
    ask(2, 2);
    ask(40, 0);
    expect(clock.offset).toEqual({ offsetMs: 3_000, errorMs: 2 });
    expect(clock.databaseTime(local.wallMs())).toBe(EPOCH + local.passed);
    expect(clock.databaseTimeOf(5_000)).toBe(EPOCH);
  });

  it('goes on while the database is away, however often the local one is set', () => {
    ask(2, 2);
    local.passed += 3_600_000;
    expect(clock.databaseTimeOf()).toBe(EPOCH + local.passed);
    local.ahead = -7_000;
    expect(clock.databaseTimeOf()).toBe(EPOCH + local.passed);
    expect(clock.offset?.offsetMs).toBe(-7_000);
  });

  it('notices once that the local one was set by more than 250 ms', () => {
    ask(2, 2);
    local.ahead += 250;
    expect(clock.takeStep()).toBe(0);
    local.ahead += 1;
    expect(clock.takeStep()).toBe(251);
    expect(clock.takeStep()).toBe(0);
    local.ahead -= 3_000;
    expect(clock.takeStep()).toBe(-3_000);
  });

  it('goes on for messages as the database does, whatever the local one is set to', () => {
    expect(clock.now()).toBe(local.wallMs());
    ask(2, 2);
    expect(clock.now()).toBe(EPOCH + local.passed);
    local.ahead = -7 * 365 * 86_400_000;
    local.passed += 1_000;
    expect(clock.now()).toBe(EPOCH + local.passed);
    expect(clock.startedAt).toBe(EPOCH);
  });

  it('forgets what it knew when the database is set', () => {
    ask(1, 1);
    ask(100, 100, 2_000);
    expect(clock.offset).toEqual({ offsetMs: 1_000, errorMs: 100 });
  });

  it('prefers a new sample to an old one that was a little better, since clocks drift', () => {
    ask(1, 1);
    local.passed += 3_600_000;
    ask(2, 2, 50);
    expect(clock.offset).toEqual({ offsetMs: 2_950, errorMs: 2 });
  });
});
