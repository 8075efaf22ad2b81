import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { downGapId } from '../../src/observer/gaps.js';
import { GapStore, LostCollectors } from '../../src/observer/gap-store.js';
import { TestDatabase } from '../support/databases.js';
import { TestStorage } from '../support/test-storage.js';
import { storedGaps } from './observed.js';

const { signal } = new AbortController();

describe('a server that does not return to its folder', () => {
  let database: TestDatabase;
  let alive: TestStorage;
  let gone: TestStorage;
  let lost: LostCollectors;

  beforeEach(async () => {
    database = await TestDatabase.create();
    alive = new TestStorage(database.url);
    gone = new TestStorage(database.url);
    for (const one of [alive, gone]) await one.collectors.heartbeat();
    lost = new LostCollectors(alive.pool, alive.collectorId);
  });

  afterEach(async () => {
    await alive[Symbol.asyncDispose]();
    await gone[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  });

  const silent = async (): Promise<number> => {
    const rows = await database.query<{ seen: number }>(
      `UPDATE collectors SET last_seen_at = date_trunc('milliseconds', now()) - interval '61 s' WHERE id = $1
       RETURNING extract(epoch FROM last_seen_at)::float8 * 1000 AS seen`,
      [gone.collectorId.id],
    );
    return rows[0]?.seen ?? 0;
  };

  it('is recorded as down since its last heartbeat, after two checks without one', async () => {
    const seen = await silent();
    expect(await lost.record(signal)).toBe(0);
    expect(await storedGaps(database)).toEqual([]);
    expect(await lost.record(signal)).toBe(1);
    const { number } = gone.collectorId.identity;
    expect(await storedGaps(database)).toEqual([
      { collector: number, cause: 'down', began: seen, ended: null },
    ]);
    for (let n = 0; n < 3; n += 1) expect(await lost.record(signal)).toBe(0);
  });

  it('is not recorded after a heartbeat in between, as in an outage of the database', async () => {
    await silent();
    await lost.record(signal);
    await gone.collectors.heartbeat();
    expect(await lost.record(signal)).toBe(0);
    await silent();
    expect(await lost.record(signal)).toBe(0);
  });

  it('is not recorded if it stopped gracefully', async () => {
    await gone.collectors.stop();
    await silent();
    await lost.record(signal);
    expect(await lost.record(signal)).toBe(0);
  });

  it('removes the gap of itself if it was running all the time', async () => {
    await silent();
    await lost.record(signal);
    await lost.record(signal);
    const other = { ...gone.collectorId.identity, id: alive.collectorId.id };
    const paused = { id: alive.collectorId.id, collector: other, cause: 'paused' as const };
    const store = new GapStore(gone.pool, gone.collectorId);
    await store.store([{ ...paused, began_ms: 1_000, ended_ms: null }], signal);
    await store.removeOwnDown(signal);
    expect((await storedGaps(database)).map(({ cause }) => cause)).toEqual(['paused']);
  });

  it('gets exact times from the process that finds its folder, and the earliest end', async () => {
    await silent();
    await lost.record(signal);
    await lost.record(signal);
    const store = new GapStore(alive.pool, alive.collectorId);
    // Its number is not what its folder says, since it was drawn anew.
    const collector = { id: gone.collectorId.id, number: 1 };
    const gap = { id: downGapId(collector.id), collector, cause: 'down' as const, began_ms: 5_000 };
    for (const ended of [9_000, 12_000, null, 9_000]) {
      await store.store([{ ...gap, ended_ms: ended }], signal);
    }
    expect(await lost.record(signal)).toBe(0);
    const { number } = gone.collectorId.identity;
    expect(await storedGaps(database)).toEqual([
      { collector: number, cause: 'down', began: 5_000, ended: 9_000 },
    ]);
  });
});
