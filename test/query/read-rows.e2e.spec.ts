import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { ReadTimeoutError, readRows } from '../../src/storage/read/index.js';
import { waitUntil } from '../support/wait-until.js';
import { Readers } from './readers.js';

const SERIES = 'SELECT n::text AS row FROM generate_series(1, $1::int) AS n';

async function all(rows: AsyncIterable<readonly string[]>): Promise<string[]> {
  const found: string[] = [];
  for await (const piece of rows) found.push(...piece);
  return found;
}

describe('rows of a statement', () => {
  it.each([0, 1, 64, 65, 5_000])('are all there, in order: %d', async (count) => {
    await using readers = await Readers.create();
    const expected = Array.from({ length: count }, (_, index) => (index + 1).toString());
    for (const name of [undefined, 'series', 'series'])
      expect(
        await all(readRows(readers.dataSource, { text: SERIES, values: [count], ...(name && { name }) })),
      ).toEqual(expected);
    expect(await readers.pids()).toHaveLength(1);
  });

  it('come a few at a time if they are long', async () => {
    await using readers = await Readers.create();
    const text = "SELECT repeat('x', 100000) AS row FROM generate_series(1, 40)";
    const sizes: number[] = [];
    for await (const piece of readRows(readers.dataSource, { text, firstRows: 4, maxRows: 10 }))
      sizes.push(piece.length);
    expect(sizes[0]).toBe(4);
    expect(Math.max(...sizes)).toBe(4);
    expect(sizes.reduce((sum, size) => sum + size)).toBe(40);
  });

  it('may be read slowly: the limit of PostgreSQL counts anew for each piece', async () => {
    await using readers = await Readers.create();
    const runner = readers.dataSource.createQueryRunner();
    await runner.query("SET statement_timeout = '600ms'");
    await runner.release();
    const text =
      'SELECT n::text AS row FROM generate_series(1, 60) AS n, LATERAL (SELECT pg_sleep(0.01 + n * 0)) AS slow';
    const rows = readRows(readers.dataSource, { text, firstRows: 10, maxRows: 10 });
    let count = 0;
    for await (const piece of rows) {
      count += piece.length;
      await setTimeout(200);
    }
    expect(count).toBe(60);
  });

  it('fail if a piece does not come in time, and the statement is cancelled', async () => {
    await using readers = await Readers.create();
    const rows = readRows(readers.dataSource, { text: 'SELECT pg_sleep(60)::text AS row' }, { limitMs: 100 });
    await expect(all(rows)).rejects.toThrow(ReadTimeoutError);
    await waitUntil(async () => !(await readers.states()).includes('active'), {
      what: 'the statement to end',
    });
  });

  it('are not read on when the reader stops, and the connection is used again', async () => {
    await using readers = await Readers.create();
    const pids = new Set<number>();
    for (let round = 0; round < 3; round += 1) {
      for await (const piece of readRows(readers.dataSource, { text: SERIES, values: [100_000] })) {
        expect(piece).toHaveLength(64);
        break;
      }
      for (const pid of await readers.pids()) pids.add(pid);
    }
    expect(pids.size).toBe(1);
    expect(await all(readRows(readers.dataSource, { text: SERIES, values: [3] }))).toEqual(['1', '2', '3']);
  });

  it('end at once when their signal aborts', async () => {
    await using readers = await Readers.create();
    const stop = new AbortController();
    const reading = all(
      readRows(readers.dataSource, { text: 'SELECT pg_sleep(60)::text AS row' }, { signal: stop.signal }),
    );
    reading.catch(() => undefined);
    await waitUntil(async () => (await readers.states()).includes('active'), { what: 'the statement' });
    stop.abort(new Error('No longer needed.'));
    await expect(reading).rejects.toThrow('No longer needed.');
    await waitUntil(async () => !(await readers.states()).includes('active'), {
      what: 'the statement to end',
    });
  });

  it('fail with the error of the database, and the connection is used again', async () => {
    await using readers = await Readers.create();
    for (const name of [undefined, 'wrong', 'wrong']) {
      const text = 'SELECT (1 / (3 - n))::text AS row FROM generate_series(1, 5) AS n';
      const rows = readRows(readers.dataSource, { text, firstRows: 1, ...(name && { name }) });
      await expect(all(rows)).rejects.toThrow('division by zero');
    }
    expect(await readers.pids()).toHaveLength(1);
  });

  it('fail if PostgreSQL ends the session, and the next ones come from another', async () => {
    await using readers = await Readers.create();
    const reading = all(readRows(readers.dataSource, { text: 'SELECT pg_sleep(60)::text AS row' }));
    reading.catch(() => undefined);
    await waitUntil(async () => (await readers.states()).includes('active'), { what: 'the statement' });
    const [pid] = await readers.pids();
    await readers.database.query('SELECT pg_terminate_backend($1)', [pid]);
    await expect(reading).rejects.toThrow('terminating connection');
    expect(await all(readRows(readers.dataSource, { text: SERIES, values: [1] }))).toEqual(['1']);
    expect(await readers.pids()).not.toContain(pid);
  });

  it('are read again if PostgreSQL rolls the statement back before the first one', async () => {
    await using readers = await Readers.create();
    await readers.database.query('CREATE SEQUENCE tries');
    await readers.database.query(
      `CREATE FUNCTION once() RETURNS text LANGUAGE plpgsql AS $$BEGIN
         IF nextval('tries') = 1 THEN RAISE EXCEPTION 'Rolled back.' USING ERRCODE = '40001'; END IF;
         RETURN 'found'; END$$`,
    );
    expect(await all(readRows(readers.dataSource, { text: 'SELECT once() AS row' }))).toEqual(['found']);
  });
});
