import { rm } from 'node:fs/promises';
import { Gauge } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readSettings } from '../../src/platform/config/index.js';
import { Deadline, Lifecycle } from '../../src/platform/lifecycle/index.js';
import { ClockMetrics, ClockSamples } from '../../src/observer/clock-samples.js';
import { GapStore, LostCollectors } from '../../src/observer/gap-store.js';
import { PendingGaps } from '../../src/observer/pending-gaps.js';
import { Observer } from '../../src/observer/index.js';
import { ObservedSockets } from '../../src/observer/observed-sockets.js';
import { ClockAlarm, DatabaseClock, SystemClock } from '../../src/storage/index.js';
import { TestDatabase } from '../support/databases.js';
import { tempDir } from '../support/temp-dir.js';
import { TestServer } from '../support/test-server.js';
import { TestStorage } from '../support/test-storage.js';
import { storedGaps } from './observed.js';

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
    await storage.collectors.heartbeat();
  });

  afterEach(async () => {
    await storage[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  });

  it('has an offset of 3 s in memory, in the metric and in collector_clocks', async () => {
    const { signal } = new AbortController();
    const local = new WrongClock();
    const clock = new DatabaseClock(local);
    const gauge = new Gauge({ name: 'offset', help: '-', registers: [] });
    const samples = new ClockSamples(
      storage.pool,
      storage.collectorId,
      clock,
      new ClockMetrics(gauge),
      new ClockAlarm(),
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

  it('is measured again within a second after it was changed', async () => {
    const local = new WrongClock();
    const clock = new DatabaseClock(local);
    const gauge = new Gauge({ name: 'offset', help: '-', registers: [] });
    const { pool, collectorId } = storage;
    const samples = new ClockSamples(pool, collectorId, clock, new ClockMetrics(gauge), new ClockAlarm());
    const gaps = new PendingGaps(clock);
    const sockets = new ObservedSockets(collectorId, local, gaps);
    const store = new GapStore(pool, collectorId);
    const lost = new LostCollectors(pool, collectorId);
    const lifecycle = new Lifecycle();
    lifecycle.run();
    const dataDir = await tempDir('observer');
    const settings = readSettings({ DATA_DIR: dataDir });
    const all = [
      settings,
      lifecycle,
      collectorId,
      local,
      clock,
      samples,
      sockets,
      gaps,
      store,
      lost,
    ] as const;
    const observer = new Observer(...all);
    const measured = async (): Promise<number> => Math.round((await gauge.get()).values[0]?.value ?? 0);
    try {
      await observer.prepare(new AbortController().signal);
      observer.begin();
      expect(await measured()).toBe(3);
      local.aheadMs = -60_000;
      await expect.poll(measured, { timeout: 5_000 }).toBe(-60);
    } finally {
      observer.stopTakingIn();
      await observer.close(new Deadline(5_000));
      await rm(dataDir, { recursive: true, force: true });
    }
    // Its stop is a gap by the clock of the database, whatever its own says.
    const [gap] = await storedGaps(database);
    expect(Math.abs((gap?.began ?? 0) - Date.now())).toBeLessThan(1_000);
  });

  it('is measured before the server accepts nodes', async () => {
    await using server = await TestServer.ready(database.url);
    const [offset] = (await server.metric('tetcore_clock_offset_seconds')).values();
    expect(Math.abs(offset ?? Infinity)).toBeLessThan(EXACT_MS / 1000);
    await expect.poll(() => database.query('SELECT FROM collector_clocks')).toHaveLength(1);
  });
});
