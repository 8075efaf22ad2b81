import { getEventListeners } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import {
  AdaptiveFetchSize,
  ReadTimeoutError,
  ReadTransaction,
  singleRow,
} from '../../src/storage/read/index.js';
import { waitUntil } from '../support/wait-until.js';
import { Readers } from './readers.js';

const sleeping = (seconds: number) =>
  async function* (transaction: ReadTransaction): AsyncGenerator<string> {
    for (;;) {
      await transaction.query('SELECT pg_sleep($1::float8)', [seconds]);
      if (seconds === 0) yield 'row';
    }
  };

/** The database ends no statement by itself: one that ends was cancelled. */
const UNLIMITED = { statement_timeout: '0' };

/** A statement that fails as a statement of the database's own would. */
const failing = (sqlState: string): string =>
  `DO $$BEGIN RAISE EXCEPTION 'It failed.' USING ERRCODE = '${sqlState}'; END$$`;

describe('a streamed read', () => {
  it.each([0.02, 60])('fails if a row is not found in time, in statements of %d s', async (seconds) => {
    await using readers = await Readers.create();
    const rows = ReadTransaction.read(readers.dataSource, sleeping(seconds), {
      limitMs: 300,
      settings: UNLIMITED,
    });
    await expect(rows[Symbol.asyncIterator]().next()).rejects.toThrow(ReadTimeoutError);
    await waitUntil(async () => !(await readers.states()).includes('active'), {
      what: 'the statement to be cancelled',
      timeoutMs: 2_000,
    });
  });

  it('does not count the time in which no row is requested', async () => {
    await using readers = await Readers.create();
    const rows = ReadTransaction.read(readers.dataSource, sleeping(0), { limitMs: 300 })[
      Symbol.asyncIterator
    ]();
    for (let count = 0; count < 2; count += 1) {
      expect(await rows.next()).toEqual({ done: false, value: 'row' });
      await setTimeout(400);
    }
    await rows.return?.();
    expect(await readers.states()).toEqual(['idle']);
  });

  it.each<[what: string, sqlState: string, failures: number, yielded: number, begun: number]>([
    ['is begun once more where the database takes it back in a deadlock', '40P01', 1, 0, 2],
    ['is begun once more where it is taken back since it cannot be serialized', '40001', 1, 0, 2],
    ['fails where it is taken back again', '40P01', 2, 0, 2],
    ['fails where it is taken back after a row, which would come twice', '40P01', 1, 1, 1],
    ['fails at once where the reason is another', '42P01', 1, 0, 1],
  ])('%s (%s)', async (_, sqlState, failures, yielded, begun) => {
    await using readers = await Readers.create({ max: 1 });
    let count = 0;
    const rows = ReadTransaction.read(readers.dataSource, async function* (transaction) {
      count += 1;
      for (let n = 0; n < yielded; n += 1) yield n;
      // Cursors at their end, of which some are still to be closed.
      for (let n = 0; n < 10; n += 1) await transaction.open({ text: 'SELECT 1', values: [] }).fetch(2);
      if (count <= failures) await transaction.query(failing(sqlState));
      yield yielded;
    })[Symbol.asyncIterator]();
    for (let n = 0; n < yielded; n += 1) expect(await rows.next()).toEqual({ done: false, value: n });
    if (begun > failures) expect(await rows.next()).toEqual({ done: false, value: yielded });
    else await expect(rows.next()).rejects.toMatchObject({ code: sqlState });
    expect(await rows.next()).toEqual({ done: true, value: undefined });
    expect(count).toBe(begun);
  });

  it('that is cancelled returns no further row, and its connection is discarded if it was busy', async () => {
    await using readers = await Readers.create({ max: 1 });
    const rows = ReadTransaction.read(readers.dataSource, sleeping(60))[Symbol.asyncIterator]();
    const next = rows.next();
    await waitUntil(async () => (await readers.states()).includes('active'), { what: 'the statement' });
    const began = performance.now();
    await rows.return?.();
    expect(await next).toEqual({ done: true, value: undefined });
    expect(await singleRow(readers.dataSource, 'SELECT 1 AS one')).toEqual({ one: 1 });
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});

describe('a read with one result', () => {
  it('sees one snapshot of the database, with its own settings and time', async () => {
    await using readers = await Readers.create({ max: 1 });
    await readers.database.query('CREATE TABLE seen AS SELECT 1 AS n');
    const settings = { enable_seqscan: 'off' };
    const result = await ReadTransaction.run(
      readers.dataSource,
      async (transaction) => {
        const { now } = transaction;
        await readers.database.query('INSERT INTO seen VALUES (2)');
        const [row] = await transaction.query(
          `SELECT count(*)::int AS count, current_setting('enable_seqscan') AS seqscan,
                  extract(epoch FROM now() - to_timestamp($1::float8 / 1e6))::float8 AS behind FROM seen`,
          [now],
        );
        return row;
      },
      { settings },
    );
    expect(result).toEqual({ count: 1, seqscan: 'off', behind: expect.closeTo(0, 5) as number });
    const after = `SELECT count(*)::int AS count, current_setting('enable_seqscan') AS seqscan FROM seen`;
    expect(await singleRow(readers.dataSource, after)).toEqual({ count: 2, seqscan: 'on' });
  });

  it.each([
    ['limit', ReadTimeoutError],
    ['signal', 'The server stops.'],
  ])('ends at its %s, and the statement with it', async (why, error) => {
    await using readers = await Readers.create({ max: 1 });
    const abort = new AbortController();
    const options = {
      settings: UNLIMITED,
      ...(why === 'limit' ? { limitMs: 1_000 } : { signal: abort.signal }),
    };
    const result = ReadTransaction.run(
      readers.dataSource,
      (transaction) => transaction.query('SELECT pg_sleep(60)'),
      options,
    );
    const failed = expect(result).rejects.toThrow(error);
    if (why === 'signal') {
      await waitUntil(async () => (await readers.states()).includes('active'), { what: 'the statement' });
      abort.abort(new Error('The server stops.'));
    }
    await failed;
    // The only connection is free for this once the statement has ended.
    expect(await singleRow(readers.dataSource, 'SELECT 1 AS one')).toEqual({ one: 1 });
    await waitUntil(async () => (await readers.states()).join() === 'idle', {
      what: 'the connection of the statement to be gone',
      timeoutMs: 2_000,
    });
  });

  it('does not begin if its signal is aborted, and removes its listener at the end', async () => {
    await using readers = await Readers.create({ max: 1 });
    const { signal } = new AbortController();
    for (let n = 0; n < 3; n += 1) {
      await ReadTransaction.run(readers.dataSource, () => Promise.resolve(n), { signal });
    }
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    let begun = false;
    const work = (): Promise<void> => Promise.resolve(void (begun = true));
    const aborted = AbortSignal.abort(new Error('The server stops.'));
    await expect(ReadTransaction.run(readers.dataSource, work, { signal: aborted })).rejects.toThrow('stops');
    expect(begun).toBe(false);
  });

  it.each([
    ['is begun once more where the database rolls it back in a deadlock', '40P01', 1, 2],
    ['fails where it is rolled back again', '40P01', 2, 2],
    ['fails at once where the reason is another', '42P01', 1, 1],
  ])('%s (%s)', async (_, sqlState, failures, begun) => {
    await using readers = await Readers.create({ max: 1 });
    let count = 0;
    const result = ReadTransaction.run(readers.dataSource, async (transaction) => {
      count += 1;
      if (count <= failures) await transaction.query(failing(sqlState));
      return 'result';
    });
    if (begun > failures) expect(await result).toBe('result');
    else await expect(result).rejects.toMatchObject({ code: sqlState });
    expect(count).toBe(begun);
  });
});

describe('the chunks of a cursor', () => {
  it('have all rows, few at once if these are long', async () => {
    await using readers = await Readers.create({ max: 1 });
    const pieces = await ReadTransaction.run(readers.dataSource, async (transaction) => {
      const cursor = transaction.open<{ n: number; text: string }>({
        text: `SELECT n, repeat('x', CASE WHEN n <= 500 THEN 10 ELSE 5000 END) AS text
                 FROM generate_series(1, $1::int) AS n ORDER BY n`,
        values: [700],
      });
      const size = new AdaptiveFetchSize({ length: 10_000, firstRows: 8, maxRows: 100 });
      const found: number[][] = [];
      for await (const rows of cursor.pieces(size, ({ text }) => text.length)) {
        found.push(rows.map(({ n }) => n));
      }
      return found;
    });
    expect(pieces.flat()).toEqual(Array.from({ length: 700 }, (_, at) => at + 1));
    const counts = pieces.map(({ length }) => length);
    expect(counts[0]).toBe(8);
    expect(Math.max(...counts)).toBe(100);
    expect(counts.at(-1)).toBeLessThanOrEqual(2);
  });
});

describe('a single row', () => {
  it('discards a connection whose statement is still running, and keeps it after other errors', async () => {
    await using readers = await Readers.create({ max: 1, query_timeout: 200 });
    const pid = async (): Promise<unknown> =>
      (await singleRow<{ pid: number }>(readers.dataSource, 'SELECT pg_backend_pid() AS pid'))?.pid;
    const first = await pid();
    await expect(singleRow(readers.dataSource, 'SELECT $1::int / 0', [1])).rejects.toThrow('division');
    expect(await pid()).toBe(first);
    await expect(singleRow(readers.dataSource, 'SELECT pg_sleep(3)')).rejects.toThrow('timeout');
    expect(await pid()).not.toBe(first);
  });

  it('is retried once if the database rolls the statement back', async () => {
    await using readers = await Readers.create({ max: 1 });
    await readers.database.query('CREATE SEQUENCE runs');
    // A sequence keeps its value when a transaction is rolled back.
    await readers.database.query(
      `CREATE FUNCTION run(failures int) RETURNS int LANGUAGE plpgsql AS $$
       DECLARE count int := nextval('runs');
       BEGIN
         IF count <= failures THEN RAISE EXCEPTION 'It failed.' USING ERRCODE = '40P01'; END IF;
         RETURN count;
       END$$`,
    );
    const run = (failures: number): Promise<unknown> =>
      singleRow(readers.dataSource, 'SELECT run($1) AS count', [failures]);
    expect(await run(1)).toEqual({ count: 2 });
    await expect(run(9)).rejects.toMatchObject({ code: '40P01' });
    expect(await run(0)).toEqual({ count: 5 });
  });
});
