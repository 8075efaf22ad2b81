import { describe, expect, it } from 'vitest';
import { batch, row, snapshot } from '../../test/support/batches.js';
import { messageTuple, readTuple, splitTuples } from '../storage/index.js';
import type { Batch } from '../telemetry/index.js';
import { withoutImpossibleTimes, withPlausibleTimes } from './plausible-times.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = Date.UTC(2026, 4, 20, 10, 30);
const LONG_AGO = Date.UTC(2019, 0, 1);
const own = { now: NOW, startedAt: NOW - HOUR, expiryMs: DAY };

/** When messages are dated and arrived, relative to now. */
const timesOf = ({ expiring }: Batch): [created: number, received: number][] =>
  splitTuples(expiring.tuples)
    .map(readTuple)
    .map(({ createdAt, receivedAt }) => [createdAt / 1000 - NOW, receivedAt / 1000 - NOW]);

const taken = (given: Parameters<typeof batch>[0], firstReceivedAt: number): Batch => ({
  ...batch(given),
  firstReceivedAt,
});

/** A message that its node has dated. */
const dated = (createdAt: number, receivedAt: number): ReturnType<typeof row> => {
  const head = { createdAt: createdAt * 1000, receivedAt: receivedAt * 1000, connectionId: 2 ** 32, type: 1 };
  return { at: createdAt, tuple: messageTuple(head, Buffer.from('{}')) };
};

describe('messages of this process with the time of a wrong clock', () => {
  it('get the current time, and no others of their batch', () => {
    const expiring = [row({ at: LONG_AGO }), row({ at: NOW - 5 }), row({ at: LONG_AGO + HOUR })];
    const found = withPlausibleTimes(taken({ expiring }, LONG_AGO), own);
    expect(found.restamped).toBe(2);
    expect(timesOf(found.batch)).toEqual([
      [0, 0],
      [-5, -5],
      [0, 0],
    ]);
    expect(found.batch.expiring).toMatchObject({ rows: 3, oldest: NOW - 5, newest: NOW });
    expect(found.batch.firstReceivedAt).toBe(NOW);
  });

  it('are found if the clock was ahead, too', () => {
    const expiring = [row({ at: NOW }), row({ at: NOW + 400 * DAY })];
    const found = withPlausibleTimes(taken({ expiring }, NOW), own);
    expect(timesOf(found.batch)).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });

  it('keep the timestamps of their nodes', () => {
    const expiring = [dated(LONG_AGO - DAY, LONG_AGO), dated(NOW - 6 * DAY, NOW)];
    const found = withPlausibleTimes(taken({ expiring }, LONG_AGO), own);
    expect(timesOf(found.batch)).toEqual([
      [LONG_AGO - DAY - NOW, 0],
      [-6 * DAY, 0],
    ]);
  });

  it('include rejected messages, which would expire at once', () => {
    const about = { connectionId: null, path: '/', ipAddr: '', reason: 'invalid_json', size: 1 };
    const rejected = [LONG_AGO, NOW - 1].map((receivedAt) => ({
      ...about,
      receivedAt,
      head: Buffer.from('?'),
    }));
    const found = withPlausibleTimes(taken({ rejected }, LONG_AGO), own);
    expect(found.restamped).toBe(1);
    expect(found.batch.rejected.map(({ receivedAt }) => receivedAt)).toEqual([NOW, NOW - 1]);
  });

  it('are found by the row of their connection, whose times are extended', () => {
    const connections = [snapshot({ lastMessageAt: LONG_AGO, newestCreatedAt: LONG_AGO })];
    const found = withPlausibleTimes(taken({ connections }, NOW), own);
    expect(found.batch.connections[0]?.newestCreatedAt).toBe(NOW);
  });
});

describe('messages of another process', () => {
  it('get the current time if their time is before the first version of the server', () => {
    const expiring = [row({ at: LONG_AGO }), row({ at: NOW - 100 * DAY }), dated(LONG_AGO - DAY, LONG_AGO)];
    const found = withoutImpossibleTimes(taken({ expiring }, LONG_AGO), NOW);
    expect(found.restamped).toBe(2);
    expect(timesOf(found.batch)).toEqual([
      [0, 0],
      [-100 * DAY, -100 * DAY],
      [LONG_AGO - DAY - NOW, 0],
    ]);
  });

  it('keep their time otherwise, even if they have expired', () => {
    const given = taken({ expiring: [row({ at: NOW - 100 * DAY })] }, NOW - 100 * DAY);
    expect(withoutImpossibleTimes(given, NOW)).toEqual({ batch: given, restamped: 0 });
  });
});

describe('messages with the time of a correct clock', () => {
  it.each([
    ['just now', { expiring: [row({ at: NOW })] }, NOW],
    ['when the process began', { expiring: [row({ at: NOW - HOUR })] }, NOW - HOUR],
    // The machine was suspended: the process seems to be younger than it is.
    ['before it seems to have begun', { expiring: [row({ at: NOW - 5 * HOUR })] }, NOW - 5 * HOUR],
    [
      'with nodes that are a day ahead and a week behind',
      { expiring: [dated(NOW + DAY, NOW), dated(NOW - 7 * DAY, NOW)] },
      NOW,
    ],
  ] as const)('stay as they are: %s', (_, given, firstReceivedAt) => {
    const before = taken({ ...given, connections: [snapshot({ lastMessageAt: NOW })] }, firstReceivedAt);
    const found = withPlausibleTimes(before, own);
    expect(found).toEqual({ batch: before, restamped: 0 });
    expect(found.batch).toBe(before);
  });
});
