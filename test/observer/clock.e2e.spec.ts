import { register } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Gauge } from 'prom-client';
import { ClockMetrics } from '../../src/observer/clock/clock.metrics.js';
import { ClockSamples } from '../../src/observer/clock/clock-samples.js';
import { SystemClock } from '../../src/observer/clock/local-clock.js';
import { ObserverClock } from '../../src/observer/clock/observer-clock.js';
import { TestDatabase } from '../support/databases.js';
import { TestServer } from '../support/test-server.js';
import { TestStorage } from '../support/test-storage.js';

/** How exactly an offset is to be known: milliseconds. */
const EXACT_MS = 20;

/** The clock of a machine that is wrong. */
class WrongClock extends SystemClock {
  aheadMs = 3_000;

  override wallMs(): number {
    return Date.now() + this.aheadMs;
  }
}

describe('the clock of a server', () => {
  let database: TestDatabase;
  let storage: TestStorage;

  beforeEach(async () => {
    database = await TestDatabase.create();
    storage = new TestStorage(database.url);
    await storage.collectors.seen();
  });

  afterEach(async () => {
    await storage[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  });

  it('is known to be 3 s ahead, in memory, in the metric and in collector_clocks', async () => {
    const { signal } = new AbortController();
    const local = new WrongClock();
    const clock = new ObserverClock(local);
    const gauge = new Gauge({ name: 'offset', help: '-', registers: [] });
    const samples = new ClockSamples(
      storage.pool,
      storage.collectorId,
      local,
      clock,
      new ClockMetrics(gauge),
    );
    expect((await gauge.get()).values).toEqual([]);
    await samples.record(signal);
    expect(await database.query('SELECT FROM collector_clocks')).toEqual([]);
    await samples.measure(signal);
    await samples.record(signal);
    expect(Math.abs((clock.offset?.offsetMs ?? 0) - 3_000)).toBeLessThan(EXACT_MS);
    expect(Math.abs(((await gauge.get()).values[0]?.value ?? 0) - 3)).toBeLessThan(EXACT_MS / 1000);
    expect(Math.abs(clock.databaseTime(local.wallMs()) - Date.now())).toBeLessThan(EXACT_MS);

    local.aheadMs = -90_000;
    await samples.measure(signal);
    await samples.record(signal);
    const rows = await database.query<{ offset: number; error: number; recent: boolean }>(
      `SELECT offset_us::float8 / 1000 AS offset, error_us::float8 / 1000 AS error,
              measured_at BETWEEN now() - interval '1 minute' AND now() AS recent
         FROM collector_clocks WHERE collector = $1 ORDER BY measured_at`,
      [storage.collectorId.identity.number],
    );
    expect(rows).toHaveLength(2);
    for (const [index, expected] of [3_000, -90_000].entries()) {
      expect(Math.abs((rows[index]?.offset ?? 0) - expected)).toBeLessThan(EXACT_MS);
      expect(rows[index]?.error).toBeLessThan(EXACT_MS);
      expect(rows[index]?.recent).toBe(true);
    }
  });

  it('is measured by a server as soon as it lets nodes in', async () => {
    await using server = await TestServer.ready(database.url);
    const [offset] = (await server.metric('tetcore_clock_offset_seconds')).values();
    expect(Math.abs(offset ?? Infinity)).toBeLessThan(EXACT_MS / 1000);
    await expect.poll(() => database.query('SELECT FROM collector_clocks')).toHaveLength(1);
    expect(register.getSingleMetric('tetcore_clock_offset_seconds')).toBeDefined();
  });
});
