import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { aBatch } from '../../../test/support/fakes/a-batch.js';
import { FakeJournal } from '../../../test/support/fakes/fake-journal.js';
import { type JournalMode, Settings } from '../../platform/config/index.js';
import { HeldBatches, MIN_BATCH_ID, NO_UNSTORED_BATCHES } from '../../storage/index.js';
import type { MessageOutcomes } from '../../telemetry/index.js';
import type { DeliveryGauges, DeliveryMetrics } from '../delivery.metrics.js';
import { DeliveryQueue } from './delivery-queue.js';
import { type QueuedBatch, sizeOf } from './queued-batch.js';

const MIB = 1024 * 1024;

let journal: FakeJournal;
let gauges: Partial<DeliveryGauges>;
let changes: boolean[];
let held: HeldBatches;
let lost: number;

function queueIn(mode: JournalMode): DeliveryQueue {
  const settings = Object.assign(new Settings(), { JOURNAL_MODE: mode, QUEUE_MAX_MIB: 4 });
  const metrics = { watch: (given: Partial<DeliveryGauges>) => Object.assign(gauges, given) };
  const outcomes = { count: (_path: string, _outcome: string, count: number) => (lost += count) };
  const queue = new DeliveryQueue(
    settings,
    journal.service,
    metrics as unknown as DeliveryMetrics,
    held,
    outcomes as unknown as MessageOutcomes,
  );
  queue.onFullChange((full) => changes.push(full));
  return queue;
}

async function take(queue: DeliveryQueue): Promise<QueuedBatch> {
  const item = await queue.take();
  if (item === undefined) throw new Error('The queue has ended.');
  return item;
}

/** Takes, loads and settles one: its id. */
async function store(queue: DeliveryQueue): Promise<string> {
  const item = await take(queue);
  const { id } = await item.load();
  item.acknowledge();
  return id;
}

beforeAll(() => Logger.overrideLogger(false));
afterAll(() => Logger.overrideLogger(true));

beforeEach(() => {
  journal = new FakeJournal();
  gauges = {};
  changes = [];
  held = new HeldBatches();
  lost = 0;
});

describe('a queue without a journal', () => {
  it('returns batches in order, and to waiting writers at once', async () => {
    const queue = queueIn('off');
    const waiting = [take(queue), take(queue)];
    for (const id of ['a', 'b', 'c']) queue.push(aBatch(id));
    const items = await Promise.all([...waiting, take(queue)]);
    expect(items.map(({ batch }) => batch?.id)).toEqual(['a', 'b', 'c']);
    expect(items.map(({ durable }) => durable)).toEqual([false, false, false]);
    expect(journal.appended).toBe(0);
  });

  it('is full at its memory limit, still accepts what was read, and resumes at three quarters', async () => {
    const queue = queueIn('off');
    for (const id of ['a', 'b', 'c', 'd', 'e']) queue.push(aBatch(id, MIB));
    expect(queue.full).toBe(true);
    expect(changes).toEqual([true]);
    expect(await store(queue)).toBe('a');
    expect(await store(queue)).toBe('b');
    expect(queue.full).toBe(true);
    expect(await store(queue)).toBe('c');
    expect(queue.full).toBe(false);
    expect(changes).toEqual([true, false]);
    expect(await store(queue)).toBe('d');
    expect(await store(queue)).toBe('e');
    expect(gauges.memoryBytes?.()).toBe(0);
  });

  it('counts batches in flight until they are stored', async () => {
    const queue = queueIn('off');
    const batch = aBatch('a', MIB);
    queue.push(batch);
    const item = await take(queue);
    expect(gauges.batches?.()).toBe(1);
    expect(gauges.memoryBytes?.()).toBe(sizeOf(batch));
    item.acknowledge();
    expect(gauges.batches?.()).toBe(0);
    expect(gauges.memoryBytes?.()).toBe(0);
  });

  it('is idle when every batch is stored, and not before', async () => {
    const queue = queueIn('off');
    await queue.idle();
    queue.push(aBatch('a'));
    queue.push(aBatch('b'));
    let idle = false;
    const waiting = queue.idle().then(() => (idle = true));
    const last = await take(queue);
    await store(queue);
    await Promise.resolve();
    expect(idle).toBe(false);
    last.acknowledge();
    await waiting;
  });

  it('ends waiting writers, and returns the remaining batches', async () => {
    const queue = queueIn('off');
    const first = queue.take();
    const second = queue.take();
    queue.push(aBatch('a'));
    queue.end();
    queue.push(aBatch('b'));
    expect((await first)?.batch?.id).toBe('a');
    expect(await second).toBeUndefined();
    expect(await queue.take()).toBeUndefined();
    expect(queue.takeRemaining().map(({ batch }) => batch?.id)).toEqual(['b']);
    expect(queue.takeRemaining()).toEqual([]);
  });
});

describe('a queue that has ended', () => {
  it('returns batches that are pushed late, and counts those after it is closed as lost', () => {
    const queue = queueIn('off');
    queue.end();
    queue.push(aBatch('a'));
    expect(queue.takeRemaining()).toHaveLength(1);
    queue.push(aBatch('b'));
    expect(queue.takeRemaining().map(({ batch }) => batch?.id)).toEqual(['b']);
    queue.close();
    expect([queue.lost, lost]).toEqual([0, 0]);
    const late = aBatch('c');
    queue.push(late);
    expect([queue.lost, lost]).toEqual([1, late.expiring.rows + late.audit.rows]);
    expect(lost).toBeGreaterThan(0);
    expect(held.from).toBe(NO_UNSTORED_BATCHES);
  });

  it('leaves replayed batches in their journal once it is closed', () => {
    const queue = queueIn('off');
    queue.end();
    queue.close();
    queue.pushReplayed(aBatch('a'), () => undefined);
    expect([gauges.batches?.(), lost]).toEqual([0, 0]);
  });
});

describe('a batch that is acknowledged twice', () => {
  it('is logged, and stays done only once', async () => {
    const error = vi.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const done = vi.spyOn(journal, 'done');
    const queue = queueIn('always');
    queue.push(aBatch('a'));
    queue.push(aBatch('b'));
    const item = await take(queue);
    item.acknowledge();
    item.acknowledge();
    expect([done.mock.calls.length, gauges.batches?.()]).toEqual([1, 1]);
    expect(error).toHaveBeenCalledExactlyOnceWith(
      expect.stringContaining('that is not in flight'),
      expect.any(Error),
    );
    error.mockRestore();
  });

  it('is not acknowledged twice to its journal either, if it was replayed', async () => {
    const queue = queueIn('off');
    let acknowledged = 0;
    queue.pushReplayed(aBatch('a'), () => (acknowledged += 1));
    const item = await take(queue);
    item.acknowledge();
    item.acknowledge();
    expect([acknowledged, gauges.batches?.()]).toEqual([1, 0]);
  });
});

describe('holds_from of a queue', () => {
  it('is the lowest unstored id, or the last id if all are stored', async () => {
    const queue = queueIn('off');
    expect(held.from).toBe(MIN_BATCH_ID);
    for (const id of ['a', 'b', 'c']) queue.push(aBatch(id));
    const [first, second] = [await take(queue), await take(queue)];
    expect(held.from).toBe('a');
    second.acknowledge();
    expect(held.from).toBe('a');
    first.acknowledge();
    expect(held.from).toBe('c');
    await store(queue);
    // One that is open has a higher id, and may have parts in the journal.
    expect(held.from).toBe('c');
  });

  it('is the lowest id on disk, if that is lower than those in memory', async () => {
    const queue = queueIn('overflow');
    queue.push(aBatch('a', 3 * MIB));
    queue.push(aBatch('b', 3 * MIB));
    expect(held.from).toBe('a');
    await store(queue);
    expect(held.from).toBe('b');
    queue.push(aBatch('c', 1));
    expect(held.from).toBe('b');
    await store(queue);
    expect(held.from).toBe('c');
  });

  it('is NO_UNSTORED_BATCHES once the queue is closed and the journal is empty', async () => {
    const queue = queueIn('always');
    queue.push(aBatch('a'));
    const item = await queue.take();
    queue.end();
    queue.close();
    expect(held.from).toBe('a');
    item?.acknowledge();
    expect(held.from).toBe(NO_UNSTORED_BATCHES);
  });
});

describe('a queue with overflow', () => {
  it('journals what exceeds its memory limit, in order, and is full when the journal is full too', async () => {
    const queue = queueIn('overflow');
    journal.room = 12 * MIB;
    const ids = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    for (const id of ids) queue.push(aBatch(id, MIB));
    expect(journal.appended).toBe(5);
    expect(gauges.memoryBytes?.()).toBeLessThan(4 * MIB);
    expect(changes).toEqual([]);
    for (const id of ids) expect(await store(queue)).toBe(id);
    expect(journal.batches.size).toBe(0);
    expect(gauges.batches?.()).toBe(0);
  });

  it('is full when memory and journal are full', async () => {
    const queue = queueIn('overflow');
    journal.room = 8 * MIB;
    for (const id of ['a', 'b', 'c']) queue.push(aBatch(id, MIB));
    expect(queue.full).toBe(false);
    queue.push(aBatch('d', 2 * MIB));
    expect(journal.appended).toBe(1);
    expect(queue.full).toBe(false);
    journal.room = 0;
    queue.push(aBatch('e', 2 * MIB));
    expect(queue.full).toBe(true);
    for (const id of ['a', 'b', 'c', 'd', 'e']) expect(await store(queue)).toBe(id);
    expect(queue.full).toBe(false);
  });
});

describe('a queue that journals always', () => {
  it('journals every batch, and keeps it in memory up to the limit', async () => {
    const queue = queueIn('always');
    for (const id of ['a', 'b', 'c', 'd', 'e', 'f']) queue.push(aBatch(id, MIB));
    expect(journal.appended).toBe(6);
    expect(queue.full).toBe(false);
    const items = [];
    for (let count = 0; count < 6; count += 1) items.push(await take(queue));
    expect(items.every(({ durable }) => durable)).toBe(true);
    expect(items.map(({ batch }) => batch !== undefined)).toEqual([true, true, true, false, false, false]);
    const loaded = await Promise.all(items.map((item) => item.load()));
    expect(loaded.map(({ id }) => id)).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
    expect(journal.reads).toBe(3);
    for (const item of items) item.acknowledge();
    expect(journal.batches.size).toBe(0);
  });

  it('is full while the journal is full, and keeps in memory what was read before', async () => {
    const queue = queueIn('always');
    journal.room = 8 * MIB + 100;
    queue.push(aBatch('a', 200));
    expect(queue.full).toBe(true);
    journal.room = 0;
    queue.push(aBatch('b', 5 * MIB));
    const [first, second] = [await take(queue), await take(queue)];
    expect([first.durable, second.durable]).toEqual([true, false]);
    expect(second.batch?.id).toBe('b');
    journal.room = 11 * MIB;
    first.acknowledge();
    expect(queue.full).toBe(false);
  });

  it('continues in memory, within the limit, while the journal fails', async () => {
    const queue = queueIn('always');
    journal.failure = new Error('no space left');
    for (const id of ['a', 'b', 'c']) queue.push(aBatch(id, MIB));
    expect(queue.full).toBe(false);
    queue.push(aBatch('d', MIB));
    expect(queue.full).toBe(true);
    journal.failure = undefined;
    for (const id of ['a', 'b', 'c', 'd']) expect(await store(queue)).toBe(id);
    queue.push(aBatch('e', MIB));
    expect((await take(queue)).durable).toBe(true);
    expect(changes).toEqual([true, false]);
  });

  it('journals what is in memory only, as soon as the journal works again', async () => {
    const queue = queueIn('always');
    journal.failure = new Error('no space left');
    for (const id of ['a', 'b', 'c', 'd']) queue.push(aBatch(id, MIB));
    const first = await take(queue);
    expect([queue.full, first.durable, queue.journalProblem?.reason]).toEqual([
      true,
      false,
      'The journal cannot be written.',
    ]);
    journal.check();
    expect(queue.full).toBe(true);
    journal.failure = undefined;
    journal.check();
    expect([queue.full, first.durable, queue.journalProblem]).toEqual([false, true, undefined]);
    expect(journal.appended).toBe(4);
    first.acknowledge();
    for (const id of ['b', 'c', 'd']) expect(await store(queue)).toBe(id);
    expect(journal.batches.size).toBe(0);
    expect(held.from).toBe('d');
  });

  it('queues replayed batches with the others, and counts their memory', async () => {
    const queue = queueIn('always');
    let settled = 0;
    queue.push(aBatch('a'));
    queue.pushReplayed(aBatch('old', MIB), () => (settled += 1));
    expect(await store(queue)).toBe('a');
    expect(gauges.memoryBytes?.()).toBeGreaterThan(MIB);
    const item = await take(queue);
    expect([item.replayed, item.durable, (await item.load()).id]).toEqual([true, true, 'old']);
    item.acknowledge();
    expect(settled).toBe(1);
    expect([gauges.batches?.(), gauges.memoryBytes?.()]).toEqual([0, 0]);
  });

  it('appends batches in memory to the next directory of the journal', async () => {
    const queue = queueIn('always');
    let partsLost = 0;
    queue.onPartsLost(() => (partsLost += 1));
    for (const id of ['a', 'b', 'c', 'd', 'e']) queue.push(aBatch(id, MIB));
    const taken = await take(queue);
    journal.move();
    expect([...journal.batches.values()].map(({ id }) => id)).toEqual(['a', 'b', 'c']);
    expect(partsLost).toBe(1);
    const items = [taken];
    for (let count = 0; count < 4; count += 1) items.push(await take(queue));
    expect(items.map(({ durable }) => durable)).toEqual([true, true, true, false, false]);
    for (const item of items) item.acknowledge();
    expect(journal.batches.size).toBe(0);
    expect(gauges.memoryBytes?.()).toBe(0);
    // Should the former directory be put back, its batches are not to be taken for stored.
    expect(held.from).toBe('a');
  });

  it('holds nothing of a lost directory whose batches were all in memory', async () => {
    const queue = queueIn('always');
    for (const id of ['a', 'b']) queue.push(aBatch(id));
    journal.move();
    await store(queue);
    expect(held.from).toBe('b');
    await store(queue);
    expect(held.from).toBe('b');
    queue.end();
    queue.close();
    expect(held.from).toBe(NO_UNSTORED_BATCHES);
  });

  it('does not report a batch as durable if it cannot be appended to the next directory', async () => {
    const queue = queueIn('always');
    queue.push(aBatch('a'));
    const item = await take(queue);
    journal.failure = new Error('no space left');
    journal.move();
    expect(item.durable).toBe(false);
    journal.failure = undefined;
    journal.move();
    expect(item.durable).toBe(true);
  });
});

describe('a queue with overflow whose journal is lost', () => {
  it('keeps batches in memory that are only there', async () => {
    const queue = queueIn('overflow');
    for (const id of ['a', 'b', 'c', 'd', 'e']) queue.push(aBatch(id, MIB));
    journal.move();
    expect(journal.batches.size).toBe(0);
    expect(await store(queue)).toBe('a');
  });
});
