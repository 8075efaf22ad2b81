import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import type { Aggregate } from '../aggregate/aggregate.js';
import { CacheEntry } from './cache-entry.js';
import { AggregateFiller } from './cache-fillers.js';
import type { StoredRow } from './feed.read-model.js';

const SECOND = 1e6;
const INTERVAL_S = 10;
const START = 1_000 * SECOND;
const PAIR = { peer_id: 'QmPeer', msg: 'x.time' };
const READER = { address: '127.0.0.1' };
const MUCH = { address: '127.0.0.2' };

/** A row at a time in seconds after the start. The value identifies the row. */
function row(id: number, atS: number, text = ''): StoredRow {
  const at = START + atS * SECOND;
  const fields = text === '' ? '' : `, "target": "${text}"`;
  return { id: id.toString(), createdAt: at, storedAt: at, text: `{"time": ${id.toString()}${fields}}` };
}

/** An entry with a row each second. */
function entryOf(rows: number, filler: AggregateFiller, onGrown = (): void => undefined): CacheEntry {
  const entry = new CacheEntry(PAIR, filler, onGrown);
  entry.fill({
    rows: Array.from({ length: rows }, (_, n) => row(n, n)),
    now: START + rows * SECOND,
    from: START,
  });
  return entry;
}

async function filled(aggregate: Aggregate): Promise<number> {
  let turns = 0;
  for (; !aggregate.isFilled; turns += 1) await turn();
  return turns;
}

/** The start of each interval in seconds, and the sum of its samples. */
function sums({ changes }: Aggregate): Record<number, number> {
  return Object.fromEntries(
    changes.after(0, Infinity).map((group) => {
      const samples = (group as unknown as { numbers: number[] }).numbers;
      return [(group.start - START) / SECOND, samples.reduce((sum, value) => sum + value, 0)];
    }),
  );
}

const sumOf = (from: number, to: number): number => ((from + to - 1) * (to - from)) / 2;

describe('an opened aggregate', () => {
  it('aggregates cached rows in time slices, and rows that arrive meanwhile once', async () => {
    const entry = entryOf(40, new AggregateFiller({ sliceMs: 0 }));
    const aggregate = entry.openAggregate('time', INTERVAL_S, READER);
    expect(sums(aggregate)).toEqual({});
    for (let n = 0; n < 20; n += 1) await turn();
    expect(aggregate.isFilled).toBe(false);
    // New, late, and known.
    const now = START + 40 * SECOND;
    entry.update([row(100, 39), { ...row(200, 5), storedAt: now }, row(39, 39)], now);
    const turns = await filled(aggregate);
    expect(turns).toBeGreaterThanOrEqual(20);
    entry.update([row(300, 38)], now);
    await filled(aggregate);
    expect(sums(aggregate)).toEqual({
      0: sumOf(0, 10) + 200,
      10: sumOf(10, 20),
      20: sumOf(20, 30),
      30: sumOf(30, 40) + 100 + 300,
    });
  });

  it('omits intervals with rows that were removed before they were aggregated', async () => {
    const evicted = entryOf(40, new AggregateFiller({ sliceMs: 0 }));
    const expired = entryOf(40, new AggregateFiller({ sliceMs: 0 }));
    const aggregates = [evicted, expired].map((entry) => entry.openAggregate('time', INTERVAL_S, READER));
    for (let n = 0; n < 3; n += 1) await turn();
    evicted.evict(15 * 200);
    expired.updated(START + 41 * SECOND, START + 15 * SECOND);
    for (const aggregate of aggregates) {
      await filled(aggregate);
      expect(sums(aggregate)).toEqual({ 20: sumOf(20, 30), 30: sumOf(30, 40) });
    }
  });

  it('keeps aggregated values when their rows leave the cache', async () => {
    const entry = entryOf(40, new AggregateFiller({ sliceMs: 0 }));
    const aggregate = entry.openAggregate('time', INTERVAL_S, READER);
    for (let n = 0; n < 30; n += 1) await turn();
    entry.evict(15 * 200);
    await filled(aggregate);
    expect(Object.keys(sums(aggregate))).toEqual(['0', '10', '20', '30']);
  });

  it('stops when it is no longer used, and reports growth', async () => {
    let grown = 0;
    const entry = entryOf(40, new AggregateFiller({ sliceMs: 0 }), () => (grown += 1));
    expect(grown).toBe(1);
    const left = entry.openAggregate('time', INTERVAL_S, READER);
    for (let n = 0; n < 15; n += 1) await turn();
    left.close();
    const counted = sums(left);
    const used = entry.openAggregate('time', INTERVAL_S, READER);
    await filled(used);
    expect(sums(left)).toEqual(counted);
    expect(grown).toBe(2);
    expect(sums(used)[30]).toBe(sumOf(30, 40));
  });

  it('does not wait for all aggregates of another client', async () => {
    const filler = new AggregateFiller({ sliceMs: 0 });
    const entry = entryOf(10, filler);
    const much = Array.from({ length: 50 }, (_, n) => entry.openAggregate(`key ${n.toString()}`, 10, MUCH));
    const little = entry.openAggregate('time', INTERVAL_S, READER);
    await filled(little);
    expect(much.filter((aggregate) => aggregate.isFilled).length).toBeLessThan(2);
    for (const aggregate of much) await filled(aggregate);
  });

  it('throws its error to its subscriptions', async () => {
    const entry = new CacheEntry(PAIR, new AggregateFiller({ sliceMs: 0 }), () => undefined);
    entry.fill({ rows: [{ ...row(1, 1), text: '{"time": "\\u' }], now: START, from: START });
    const aggregate = entry.openAggregate('time', INTERVAL_S, READER);
    await expect(filled(aggregate)).rejects.toThrow(SyntaxError);
  });
});

describe('the memory of an aggregate', () => {
  it('includes the texts of its groups', async () => {
    const entry = new CacheEntry(PAIR, new AggregateFiller({ sliceMs: 4 }), () => undefined);
    const target = (n: number): string => `${n.toString()} ${'t'.repeat(10_000)}`;
    const rows = Array.from({ length: 100 }, (_, n) => row(n, n, target(n)));
    entry.fill({ rows, now: START + 100 * SECOND, from: START });
    const aggregate = entry.openAggregate('time', INTERVAL_S, READER);
    await filled(aggregate);
    expect(aggregate.bytes).toBeGreaterThan(2_000_000);
    expect(aggregate.bytes).toBeLessThan(2_200_000);
    expect(entry.bytes).toBe(entry.log.bytes + aggregate.bytes);
    aggregate.evict(Infinity);
    expect(aggregate.bytes).toBe(0);
  });

  it('aggregates new rows in time slices if they take longer than one', async () => {
    const entry = entryOf(10, new AggregateFiller({ sliceMs: 0 }));
    const aggregate = entry.openAggregate('time', INTERVAL_S, READER);
    await filled(aggregate);
    entry.update([row(10, 10), row(11, 11)], START + 12 * SECOND);
    expect(aggregate.isFilled).toBe(false);
    entry.update([row(12, 12)], START + 13 * SECOND);
    expect(await filled(aggregate)).toBeGreaterThan(2);
    expect(sums(aggregate)).toEqual({ 0: sumOf(0, 10), 10: sumOf(10, 13) });
  });

  it('does not include the messages of its groups', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const entry = new CacheEntry(PAIR, new AggregateFiller({ sliceMs: 4 }), () => undefined);
    const rows = Array.from({ length: 40 }, (_, n) => {
      const filler = Buffer.alloc(1_000_000, 'x').toString();
      return { ...row(n, n, `a target of some length ${n.toString()}`), filler };
    });
    const texts = rows.map(({ text, filler }) =>
      Buffer.from(`${text.slice(0, -1)}, "z": "${filler}"}`).toString(),
    );
    entry.fill({ rows: rows.map((one, n) => ({ ...one, text: texts[n] ?? '' })), now: START, from: START });
    const aggregate = entry.openAggregate('time', INTERVAL_S, READER);
    await filled(aggregate);
    rows.length = texts.length = 0;
    collect();
    const before = process.memoryUsage().heapUsed;
    entry.log.evict(Infinity);
    collect();
    expect(before - process.memoryUsage().heapUsed).toBeGreaterThan(38_000_000);
    expect(aggregate.changes.after(0, Infinity)).toHaveLength(40);
  });
});
