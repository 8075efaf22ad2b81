import { describe, expect, it } from 'vitest';
import { listPartitions, type Partition } from '../../src/storage/partitions/partition-catalogue.js';
import { batch, row } from '../support/batches.js';
import { TestDatabase } from '../support/databases.js';
import { onDatabase } from '../support/on-database.js';
import { TestPurge } from '../support/test-purge.js';
import { TestStorage } from '../support/test-storage.js';
import { waitUntil } from '../support/wait-until.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const MONTH = 31 * DAY;
const NOW = Date.UTC(2026, 4, 20, 10, 30);

interface Stored {
  at: number;
  /** Where its partition ends. */
  until: number;
}

/** A storage that makes partitions as `LOG_EXPIRY_H` asks for. */
const storageOf = (database: TestDatabase, expiryHours: number): TestStorage =>
  new TestStorage(database.url, { environment: { LOG_EXPIRY_H: expiryHours.toString() } });

const partitions = (database: TestDatabase): Promise<Partition[]> =>
  onDatabase(database.url, (client) => listPartitions(client, 'logs_expiring'));

async function stored(database: TestDatabase): Promise<Stored[]> {
  return await onDatabase(database.url, async (client) => {
    const ends = new Map((await listPartitions(client, 'logs_expiring')).map(({ name, to }) => [name, to]));
    const { rows } = await client.query<{ at: Date; partition: string }>(
      'SELECT created_at AS at, tableoid::regclass::text AS partition FROM logs_expiring ORDER BY created_at',
    );
    return rows.map(({ at, partition }) => ({ at: at.getTime(), until: ends.get(partition) ?? NaN }));
  });
}

const times = async (database: TestDatabase): Promise<number[]> =>
  (await stored(database)).map(({ at }) => at);

/** Moments at odd distances, and the first and the last millisecond of hours, days and months. */
function moments(from: number, to: number, step: number): number[] {
  const found: number[] = [];
  for (let at = from; at < to; at += step * 0.37) found.push(Math.floor(at));
  for (let at = from; at < to; at += step) {
    const edge = new Date(at).setUTCMinutes(0, 0, 0);
    found.push(edge, edge - 1);
  }
  return found.filter((at) => at >= from && at < to).sort((left, right) => left - right);
}

describe('messages of /', () => {
  for (const [width, expiryHours, length, step] of [
    ['an hour', 2, 9 * HOUR, HOUR],
    ['a day', 100, 9 * DAY, DAY],
    ['a month', 2500, 8 * MONTH, 15 * DAY],
  ] as const) {
    it(`are removed when they have expired, at most one ${width} late, and not before`, async () => {
      await using database = await TestDatabase.create();
      await using storage = storageOf(database, expiryHours);
      await using purge = await TestPurge.open(database.url, expiryHours);
      const sent = moments(NOW, NOW + length, step);
      await storage.store(batch({ expiring: sent.map((at) => row({ at })) }));
      const all = await stored(database);
      expect(all.map(({ at }) => at)).toEqual(sent);
      const widest = Math.max(...(await partitions(database)).map(({ from, to }) => to - from));
      let dropped = 0;
      const end = NOW + length + expiryHours * HOUR + widest;
      for (let now = NOW; now <= end; now += step * 0.9) {
        const report = await purge.done(now);
        dropped += report.partitions.length;
        const cutoff = now - expiryHours * HOUR;
        const left = await times(database);
        expect(left).toEqual(all.filter(({ until }) => until > cutoff).map(({ at }) => at));
        expect(left.filter((at) => at >= cutoff)).toEqual(sent.filter((at) => at >= cutoff));
        expect(left.filter((at) => at < cutoff - widest)).toEqual([]);
      }
      dropped += (await purge.done(end)).partitions.length;
      expect(await times(database)).toEqual([]);
      expect(dropped).toBeGreaterThanOrEqual(8);
    });
  }

  it('stay readable and are removed in order after LOG_EXPIRY_H has changed from hours to days, months and back', async () => {
    await using database = await TestDatabase.create();
    const stages = [
      { expiryHours: 48, from: NOW, to: NOW + 2 * DAY, step: 4 * HOUR },
      { expiryHours: 240, from: NOW + 2 * DAY, to: NOW + 9 * DAY, step: DAY },
      { expiryHours: 3000, from: NOW + 9 * DAY, to: NOW + 100 * DAY, step: 20 * DAY },
      { expiryHours: 72, from: NOW + 105 * DAY, to: NOW + 107 * DAY, step: 4 * HOUR },
    ];
    const widths: number[] = [];
    for (const { expiryHours, from, to, step } of stages) {
      await using storage = storageOf(database, expiryHours);
      await using purge = await TestPurge.open(database.url, expiryHours);
      const before = await stored(database);
      const sent = moments(from, to, step);
      await storage.store(batch({ expiring: sent.map((at) => row({ at })) }));
      widths.push(...(await partitions(database)).map((found) => found.to - found.from));
      await purge.done(to);
      const cutoff = to - expiryHours * HOUR;
      const all = [...before.map(({ at }) => at), ...sent];
      const left = await stored(database);
      expect(left.map(({ at }) => at).filter((at) => at >= cutoff)).toEqual(all.filter((at) => at >= cutoff));
      expect(left.filter(({ until }) => until <= cutoff)).toEqual([]);
    }
    expect(widths).toContain(DAY);
    expect(Math.max(...widths)).toBeGreaterThan(20 * DAY);
    expect(Math.min(...widths)).toBe(HOUR);
    await using purge = await TestPurge.open(database.url, 72);
    await purge.done(NOW + 107 * DAY + 72 * HOUR + MONTH);
    expect(await stored(database)).toEqual([]);
  });

  it('stay until they are aggregated, for a day at most', async () => {
    await using database = await TestDatabase.create();
    await using storage = storageOf(database, 24);
    await using purge = await TestPurge.open(database.url, 24);
    const hours = [0, 6, 12, 18].map((hour) => NOW + hour * HOUR);
    await storage.store(batch({ expiring: hours.map((at) => row({ at })) }));
    const aggregatedUntil = async (at: number): Promise<void> => {
      await database.query(
        `INSERT INTO insight_state (began_at, closed_until, stored_until, passed_at, owner)
         VALUES ($1, $1, $1, $1, gen_random_uuid()) ON CONFLICT (id) DO UPDATE SET stored_until = $1`,
        [new Date(at)],
      );
    };
    await aggregatedUntil(NOW + 7 * HOUR);
    await purge.done(NOW + 44 * HOUR);
    expect(await times(database)).toEqual(hours.slice(2));
    await purge.done(NOW + 56 * HOUR);
    expect(await times(database)).toEqual(hours.slice(2));
    await purge.done(NOW + 62 * HOUR);
    expect(await times(database)).toEqual(hours.slice(3));
    await aggregatedUntil(NOW + 62 * HOUR);
    await purge.done(NOW + 62 * HOUR);
    expect(await times(database)).toEqual([]);
  });

  it('with timestamps before the dropped partitions are stored, and removed by the next purge', async () => {
    await using database = await TestDatabase.create();
    await using storage = storageOf(database, 24);
    await using purge = await TestPurge.open(database.url, 24);
    const old = NOW - 3 * DAY;
    await storage.store(batch({ expiring: [row({ at: old }), row({ at: NOW })] }));
    await purge.done(NOW);
    expect(await times(database)).toEqual([NOW]);
    // The storage still takes the partition for there: its first attempt tells it better.
    const late = batch({ expiring: [row({ at: old })] });
    await expect(storage.store(late)).rejects.toMatchObject({ code: '23514' });
    expect(await storage.store(late)).toEqual({ duplicate: false, rejected: [] });
    expect(await times(database)).toEqual([old, NOW]);
    expect((await purge.done(NOW)).partitions).toHaveLength(1);
    expect(await times(database)).toEqual([NOW]);
  });

  it('are stored while partitions are dropped', async () => {
    await using database = await TestDatabase.create();
    await using storage = storageOf(database, 24);
    await using purge = await TestPurge.open(database.url, 24);
    const hours = Array.from({ length: 30 }, (_, n) => row({ at: NOW - 2 * DAY - n * HOUR }));
    await storage.store(batch({ expiring: hours }));
    let slowest = 0;
    let purged = false;
    const purging = purge.done(NOW).finally(() => (purged = true));
    let count = 0;
    const done = (): boolean => purged;
    for (; !done(); count += 1) {
      const startedAt = performance.now();
      await storage.store(batch({ expiring: [row({ at: NOW })] }));
      slowest = Math.max(slowest, performance.now() - startedAt);
    }
    expect((await purging).partitions).toHaveLength(30);
    expect(await times(database)).toEqual(Array.from({ length: count }, () => NOW));
    expect(slowest).toBeLessThan(1_000);
  });

  it('are counted approximately when they are removed', async () => {
    await using database = await TestDatabase.create();
    await using storage = storageOf(database, 24);
    await using purge = await TestPurge.open(database.url, 24);
    const [analyzed, untouched] = [NOW - 2 * DAY, NOW - 3 * DAY];
    for (const at of [analyzed, untouched]) {
      await storage.store(batch({ expiring: Array.from({ length: 40 }, () => row({ at })) }));
    }
    // The statistics learn of them when the session ends that has stored them.
    await storage.close();
    await waitUntil(
      async () => {
        const counts = await database.query(
          'SELECT FROM pg_stat_user_tables WHERE n_live_tup = 40 AND relname = ANY($1)',
          [['logs_expiring_2026051710', 'logs_expiring_2026051810']],
        );
        return counts.length === 2;
      },
      { what: 'the statistics' },
    );
    await database.query('ANALYZE logs_expiring_2026051810');
    expect((await purge.done(NOW)).partitions).toEqual([
      { name: 'logs_expiring_2026051710', rows: 40 },
      { name: 'logs_expiring_2026051810', rows: 40 },
    ]);
  });

  it('of /audit are never removed', async () => {
    await using database = await TestDatabase.create();
    await using storage = storageOf(database, 1);
    await using purge = await TestPurge.open(database.url, 1);
    const at = NOW - 300 * DAY;
    await storage.store(batch({ expiring: [row({ at })], audit: [row({ at })] }));
    await purge.done(NOW + 40 * 365 * DAY);
    expect(await database.query('SELECT audit FROM tetcore_logs')).toEqual([{ audit: true }]);
  });
});

describe('partitions of an administrator', () => {
  it('without a lower bound are dropped when they have expired; those without an upper bound and the default one stay', async () => {
    await using database = await TestDatabase.create();
    await database.query('CREATE SCHEMA archive');
    for (const [name, bounds] of [
      ['archive.oldest', `FOR VALUES FROM ('-infinity') TO ('2026-04-01 00:00:00+00')`],
      ['older', `FOR VALUES FROM ('2026-04-01 00:00:00+00') TO ('2026-05-01 00:00:00+00')`],
      ['"Odd Name"', `FOR VALUES FROM ('2026-05-01 00:00:00+00') TO ('2026-05-02 00:00:00+00')`],
      ['newer', `FOR VALUES FROM ('2026-06-01 00:00:00+00') TO (MAXVALUE)`],
      ['others', 'DEFAULT'],
    ]) {
      await database.query(`CREATE TABLE ${name} PARTITION OF logs_expiring ${bounds}`);
    }
    await using purge = await TestPurge.open(database.url, 24);
    const names = async (now: number): Promise<string[]> =>
      (await purge.done(now)).partitions.map(({ name }) => name);
    expect(await names(Date.UTC(2026, 3, 2))).toEqual(['archive.oldest']);
    expect(await names(Date.UTC(2026, 4, 1))).toEqual([]);
    expect(await names(Date.UTC(2026, 4, 2))).toEqual(['older']);
    expect(await names(Date.UTC(2026, 4, 3))).toEqual(['"Odd Name"']);
    expect(await names(Date.UTC(2036, 4, 3))).toEqual([]);
  });
});

describe('partitions ahead of time', () => {
  for (const [width, expiryHours, now, expected] of [
    ['hours', 24, NOW, 49],
    ['days', 240, NOW, 3],
    ['days, at the end of a month', 240, Date.UTC(2026, 11, 30, 23, 59, 59, 999), 3],
    ['months', 280_320, NOW, 1],
    ['months, at the end of one', 280_320, Date.UTC(2026, 11, 30, 0, 0, 0, 0), 2],
    ['months, at the end of a February', 280_320, Date.UTC(2028, 1, 28, 12), 2],
  ] as const) {
    it(`exist two days before they are needed: ${width}`, async () => {
      await using database = await TestDatabase.create();
      await using storage = storageOf(database, expiryHours);
      await storage.partitions.ensureAhead(now);
      expect(await partitions(database)).toHaveLength(expected);
      // Every ten minutes again: whatever is sent a day ahead of then finds its partition.
      const found = await partitions(database);
      for (let ahead = now; ahead <= now + 2 * DAY; ahead += HOUR / 6) {
        expect(found.some(({ from, to }) => from <= ahead && ahead < to)).toBe(true);
      }
      for (const table of ['logs_expiring', 'logs_audit'] as const) {
        await database.query(
          `INSERT INTO ${table} (created_at, received_at, peer_connection_id, collector, type, logs)
           VALUES ($1, now(), 1, 1, 0, '{}')`,
          [new Date(now + 2 * DAY)],
        );
      }
    });
  }
});
