import { isAscii } from 'node:buffer';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RecordingQueue } from '../../../test/support/fakes/recording-queue.js';
import { Settings } from '../../platform/config/index.js';
import { CollectorId, DatabaseClock, readTuple, splitTuples, SystemClock } from '../../storage/index.js';
import { NodeConnection } from '../socket/node-connection.js';
import type { RejectedMessage, RowBlock } from './batch.js';
import type { BatchRow } from './batch-builder.js';
import { Batcher } from './batcher.js';

const NOW = 1_764_000_000_000;
const NO_ROWS = { rows: 0, tuples: Buffer.alloc(0), oldest: 0, newest: 0 };

const row = (logs: string, createdAt = NOW, audit = false): BatchRow => ({
  createdAt: createdAt * 1000,
  receivedAt: NOW * 1000,
  connectionId: 7,
  type: 1,
  logs,
  ascii: isAscii(Buffer.from(logs)),
  audit,
});
/** The messages of a block. */
const logsOf = (block: RowBlock | undefined): string[] =>
  splitTuples(block?.tuples ?? Buffer.alloc(0)).map((tuple) => readTuple(tuple).logs.toString());
const rejected = (head: string): RejectedMessage => ({
  receivedAt: NOW,
  connectionId: null,
  path: '/',
  ipAddr: '127.0.0.1',
  reason: 'invalid_json',
  size: head.length,
  head: Buffer.from(head),
});
const connection = (): NodeConnection => {
  const origin = {
    id: 7,
    socketId: 's',
    envelopeId: null,
    ipAddr: '127.0.0.1',
    path: '/',
    audit: false,
    createdAt: NOW,
  };
  return new NodeConnection(origin, NOW);
};

describe('Batcher', () => {
  let queue: RecordingQueue;
  let batcher: Batcher;
  let collector: CollectorId;

  beforeEach(() => {
    vi.useFakeTimers({ now: NOW });
    queue = new RecordingQueue();
    collector = new CollectorId();
    const settings = Object.assign(new Settings(), { DB_BATCH_SIZE: 3, DB_SAVE_LATENCY_MS: 100 });
    batcher = new Batcher(settings, queue, collector, new DatabaseClock(new SystemClock()));
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  it('closes a batch of DB_BATCH_SIZE messages, including rejected ones', () => {
    batcher.add(row('a', NOW - 5), NOW - 3);
    batcher.reject(rejected('?'));
    expect(queue.batches).toEqual([]);
    batcher.add(row('b', NOW - 9, true), NOW - 1);
    expect(queue.batches).toMatchObject([
      {
        firstReceivedAt: NOW - 3,
        sealedAt: NOW,
        collector: collector.identity,
        expiring: { rows: 1, oldest: NOW - 5, newest: NOW - 5 },
        audit: { rows: 1, oldest: NOW - 9, newest: NOW - 9 },
        connections: [],
        rejected: [rejected('?')],
      },
    ]);
    expect(queue.batches.map(({ expiring, audit }) => [logsOf(expiring), logsOf(audit)])).toEqual([
      [['a'], ['b']],
    ]);
  });

  it('closes a smaller batch DB_SAVE_LATENCY_MS after its first message', () => {
    batcher.add(row('a'), NOW);
    vi.advanceTimersByTime(60);
    batcher.add(row('größer', NOW - 7), NOW + 60);
    vi.advanceTimersByTime(39);
    expect(queue.batches).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(queue.batches).toMatchObject([
      {
        firstReceivedAt: NOW,
        sealedAt: NOW + 100,
        expiring: { rows: 2, oldest: NOW - 7, newest: NOW },
        audit: NO_ROWS,
      },
    ]);
    expect(logsOf(queue.batches[0]?.expiring)).toEqual(['a', 'größer']);
    vi.advanceTimersByTime(1_000);
    expect(queue.batches).toHaveLength(1);
  });

  it('starts the time of a batch with its first message', () => {
    batcher.add(row('a'), NOW);
    vi.advanceTimersByTime(90);
    batcher.add(row('b'), NOW);
    batcher.add(row('c'), NOW);
    batcher.add(row('d'), NOW);
    vi.advanceTimersByTime(99);
    expect(queue.batches).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect(queue.batches.map(({ expiring }) => expiring.rows)).toEqual([3, 1]);
  });

  it('closes a batch of large messages early', () => {
    batcher.add(row('x'.repeat(3_000_000)), NOW);
    batcher.add(row('x'.repeat(3_000_000)), NOW);
    expect(queue.batches.map(({ expiring }) => expiring.rows)).toEqual([2]);
  });

  it('has the state of a connection at the end of the batch, once', () => {
    const node = connection();
    node.recordMessage(NOW, NOW, 1);
    batcher.addConnection(node);
    node.identify({ peerId: 'Qm1' });
    batcher.addConnection(node);
    vi.advanceTimersByTime(100);
    expect(queue.batches).toMatchObject([{ connections: [{ peerId: 'Qm1', revision: 1 }] }]);
    node.end(NOW + 200, 'closed', 1000);
    batcher.addConnection(node);
    batcher.flush();
    expect(queue.batches[1]).toMatchObject({
      firstReceivedAt: NOW + 100,
      expiring: NO_ROWS,
      audit: NO_ROWS,
      connections: [{ revision: 2, endedAt: NOW + 200, endReason: 'closed', endCode: 1000 }],
    });
  });

  it('is closed when its connections are many or large', () => {
    const talkative = (length: number): void => {
      const node = connection();
      node.recordMessage(NOW, NOW, 1);
      node.identify({ name: 'x'.repeat(length) });
      batcher.addConnection(node);
    };
    for (let i = 0; i < 2; i += 1) talkative(3_000_000);
    expect(queue.batches.map(({ connections }) => connections.length)).toEqual([2]);
    for (let i = 0; i < 6; i += 1) talkative(1);
    expect(queue.batches.slice(1).map(({ connections }) => connections.length)).toEqual([3, 3]);
  });

  it('journals the messages of each turn of the event loop under the id of the batch', () => {
    queue.journalsParts = true;
    const node = connection();
    node.recordMessage(NOW, NOW, 1);
    batcher.addConnection(node);
    batcher.add(row('a'), NOW);
    batcher.reject(rejected('?'));
    expect(queue.parts).toEqual([]);
    vi.advanceTimersByTime(0);
    node.identify({ peerId: 'Qm1' });
    batcher.addConnection(node);
    vi.advanceTimersByTime(0);
    batcher.add(row('b', NOW - 9, true), NOW);
    expect(queue.batches).toHaveLength(1);
    vi.advanceTimersByTime(1_000);
    expect(queue.parts).toMatchObject([
      {
        expiring: { rows: 1 },
        audit: NO_ROWS,
        rejected: [rejected('?')],
        connections: [{ revision: 1, peerId: null }],
      },
      { expiring: { rows: 0 }, audit: NO_ROWS, rejected: [], connections: [{ revision: 2, peerId: 'Qm1' }] },
    ]);
    expect(queue.batches).toMatchObject([
      {
        expiring: { rows: 1 },
        audit: { rows: 1 },
        connections: [{ revision: 3, peerId: 'Qm1' }],
      },
    ]);
    expect(queue.parts.map(({ expiring }) => logsOf(expiring))).toEqual([['a'], []]);
    expect(queue.batches.map(({ expiring, audit }) => [logsOf(expiring), logsOf(audit)])).toEqual([
      [['a'], ['b']],
    ]);
    expect(new Set([...queue.parts, ...queue.batches].map(({ id }) => id)).size).toBe(1);
  });

  it('journals messages that follow a closed batch in the same turn', () => {
    queue.journalsParts = true;
    for (const logs of ['a', 'b', 'c', 'd']) batcher.add(row(logs), NOW);
    vi.advanceTimersByTime(0);
    expect(queue.parts.map(({ expiring }) => logsOf(expiring))).toEqual([['d']]);
    batcher.flush();
    expect(queue.batches.map(({ id }) => id).at(-1)).toBe(queue.parts[0]?.id);
    expect(queue.batches[0]?.id).not.toBe(queue.parts[0]?.id);
  });

  it('journals messages again that could not be journaled', () => {
    queue.journalsParts = true;
    queue.refusesParts = true;
    batcher.add(row('a'), NOW);
    vi.advanceTimersByTime(0);
    queue.refusesParts = false;
    batcher.add(row('b'), NOW);
    vi.advanceTimersByTime(0);
    expect(queue.parts.map(({ expiring }) => logsOf(expiring))).toEqual([['a'], ['a', 'b']]);
  });

  it('journals the whole open batch again when its parts are lost', () => {
    queue.journalsParts = true;
    batcher.add(row('a'), NOW);
    vi.advanceTimersByTime(0);
    queue.loseParts();
    vi.advanceTimersByTime(0);
    vi.spyOn(queue, 'journalPart').mockImplementationOnce(() => {
      queue.loseParts();
      return false;
    });
    batcher.add(row('b'), NOW);
    // At once: a pong that follows this turn says that both are kept.
    vi.advanceTimersToNextTimer();
    expect(queue.parts.map(({ expiring }) => logsOf(expiring))).toEqual([['a'], ['a'], ['a', 'b']]);
  });

  it('journals nothing for a queue without a journal of parts', () => {
    batcher.add(row('a'), NOW);
    vi.advanceTimersByTime(0);
    expect(queue.parts).toEqual([]);
  });

  it('rounds the time range of a batch down to milliseconds, before 1970 too', () => {
    batcher.add({ ...row('a'), createdAt: NOW * 1000 + 999 }, NOW);
    batcher.add({ ...row('b'), createdAt: -1 }, NOW);
    batcher.flush();
    expect(queue.batches[0]?.expiring).toMatchObject({ rows: 2, oldest: -1, newest: NOW });
  });

  it('has the current number of its collector', () => {
    batcher.add(row('a'), NOW);
    collector.renumber(42);
    batcher.flush();
    expect(queue.batches[0]?.collector).toEqual({ id: collector.id, number: 42 });
  });

  it('gives each batch an id of its own, and pushes no empty batch', () => {
    batcher.flush();
    expect(queue.batches).toEqual([]);
    batcher.add(row('a'), NOW);
    batcher.flush();
    batcher.add(row('b'), NOW);
    batcher.flush();
    batcher.flush();
    vi.advanceTimersByTime(1_000);
    expect(queue.batches).toHaveLength(2);
    expect(new Set(queue.batches.map(({ id }) => id)).size).toBe(2);
  });
});
