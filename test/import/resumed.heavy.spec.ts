import { describe, expect, it } from 'vitest';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { agrees } from '../../src/import/index.js';
import { built } from '../support/built.js';
import { TestDatabase } from '../support/databases.js';
import { FakeNode } from '../support/fake-node.js';
import { bringOver, newMessages, oldMessages } from './importing.js';
import { fillOldDatabase, oldDatabase } from '../support/old-database.js';
import { onDatabase } from '../support/on-database.js';
import { TestServer } from '../support/test-server.js';
import { waitUntil } from '../support/wait-until.js';

/** The command in a process of its own, which can be killed. `await using` ends it. */
class ImportProcess implements AsyncDisposable {
  output = '';
  private readonly exited: Promise<unknown>;

  constructor(
    from: string,
    to: string,
    args: readonly string[] = [],
    private readonly child: ChildProcess = spawn(
      process.execPath,
      [built('cli/main.js'), 'import', '--from', from, ...args],
      { env: { PATH: process.env.PATH, DATABASE_URL: to }, stdio: ['ignore', 'pipe', 'pipe'] },
    ),
  ) {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    }
    this.exited = once(child, 'close');
  }

  /** @returns the exit code, or null where the signal has ended it */
  async end(signal?: NodeJS.Signals): Promise<number | null> {
    if (signal !== undefined) this.child.kill(signal);
    await this.exited;
    return this.child.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) await this.end('SIGKILL');
  }
}

const ranges = async (database: TestDatabase): Promise<number> => {
  const [row] = await database.query<{ count: number }>('SELECT count(*)::int AS count FROM import_ranges');
  return row?.count ?? 0;
};

const HISTORY = { connections: 90, from: '2020-11-20', days: 50 };
const SMALL_CHUNKS = ['--chunk', '100'];

// They start processes.
describe('an import', { timeout: 90_000 }, () => {
  it(
    'goes on after it was killed, again and again, and brings nothing twice',
    { timeout: 120_000 },
    async () => {
      await using old = await oldDatabase();
      await using database = await TestDatabase.create();
      await fillOldDatabase(old.url, { ...HISTORY, messages: 20_000 });
      for (const more of [3, 20, 41]) {
        const before = await ranges(database);
        await using killed = new ImportProcess(old.url, database.url, SMALL_CHUNKS);
        await waitUntil(async () => (await ranges(database)) >= before + more, {
          what: 'some chunks',
          timeoutMs: 30_000,
          everyMs: 1,
        });
        expect(await killed.end('SIGKILL')).toBeNull();
      }
      expect((await newMessages(database)).length).toBeLessThan(20_000);

      // Of another size, so that it has to fit its own chunks between those that are there.
      const report = await bringOver(old, database, { chunk: 333 });

      expect(agrees(report)).toBe(true);
      expect(report.tables[0]).toMatchObject({ sourceRows: 20_000, imported: 20_000 });
      expect(await newMessages(database)).toEqual(await oldMessages(old, 'substrate_logs'));
      expect(await bringOver(old, database)).toEqual(report);
      expect(await database.query('SELECT count(*)::int AS count FROM tetcore_logs')).toEqual([
        { count: 20_000 },
      ]);
    },
  );

  it('stops at Ctrl-C after running transactions, and can be resumed', async () => {
    await using old = await oldDatabase();
    await using database = await TestDatabase.create();
    await fillOldDatabase(old.url, { ...HISTORY, messages: 20_000 });
    await using stopped = new ImportProcess(old.url, database.url, SMALL_CHUNKS);
    await waitUntil(async () => (await ranges(database)) > 2, { what: 'some chunks', timeoutMs: 30_000 });
    expect(await stopped.end('SIGINT')).toBe(1);
    expect(stopped.output).toContain('Stopped. Imported rows are kept: run the import again to continue.');
    await using last = new ImportProcess(old.url, database.url);
    expect(await last.end()).toBe(0);
    expect(last.output).toMatch(/substrate_logs +20,000 +20,000 +-/);
    expect(last.output).toContain('All rows of the source are accounted for.');
    expect(await newMessages(database)).toEqual(await oldMessages(old, 'substrate_logs'));
  });

  it('fails if a database is lost, and can be resumed', async () => {
    await using old = await oldDatabase();
    await using database = await TestDatabase.create();
    await fillOldDatabase(old.url, { ...HISTORY, messages: 10_000 });
    for (const side of [old, database]) {
      const before = await ranges(database);
      const broken = bringOver(old, database, { chunk: 50 });
      broken.catch(() => undefined);
      await waitUntil(async () => (await ranges(database)) > before + 2, { what: 'some chunks', everyMs: 1 });
      await side.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE application_name = 'tetcore-analytics import' AND datname = current_database()`,
      );
      await expect(broken).rejects.toThrow(/^The import failed: .* run the import again to continue\.$/);
    }
    expect(agrees(await bringOver(old, database))).toBe(true);
    expect(await newMessages(database)).toEqual(await oldMessages(old, 'substrate_logs'));
  });

  it('is taken over by a later import', async () => {
    await using old = await oldDatabase();
    await using database = await TestDatabase.create();
    await fillOldDatabase(old.url, { ...HISTORY, messages: 20_000 });
    await using first = new ImportProcess(old.url, database.url, ['--chunk', '20']);
    await waitUntil(async () => (await ranges(database)) > 2, { what: 'some chunks', timeoutMs: 30_000 });
    const report = await bringOver(old, database);
    expect(await first.end()).toBe(1);
    expect(first.output).toContain('Another import of this source was started');
    expect(agrees(report)).toBe(true);
    expect(await newMessages(database)).toEqual(await oldMessages(old, 'substrate_logs'));
  });

  it('imports new rows, and waits for uncommitted rows with lower ids', async () => {
    await using old = await oldDatabase();
    await using database = await TestDatabase.create();
    await fillOldDatabase(old.url, { ...HISTORY, messages: 1_000 });
    const insert = `INSERT INTO substrate_logs (created_at, logs, peer_connection_id)
      VALUES ('2021-01-01', '{"msg": "late"}', 1)`;
    await onDatabase(old.url, async (writer) => {
      await writer.query('BEGIN');
      await writer.query(insert);
      await old.query(insert);
      const running = bringOver(old, database);
      const looks = new Set<string>();
      await waitUntil(
        async () => {
          const found = await old.query<{ at: string }>(
            `SELECT query_start::text AS at FROM pg_stat_activity
              WHERE application_name = 'tetcore-analytics import' AND query LIKE '%FROM pg_locks%'`,
          );
          for (const { at } of found) looks.add(at);
          return looks.size > 2;
        },
        { what: 'the third look at who writes' },
      );
      expect(await database.query('SELECT FROM tetcore_logs')).toEqual([]);
      await writer.query('COMMIT');
      expect((await running).tables[0]).toMatchObject({ sourceRows: 1_002, imported: 1_002 });
    });
    await old.query("INSERT INTO peer_connections (ip_addr, peer_id) VALUES ('new', 'QmNew')");
    await old.query(
      `INSERT INTO substrate_logs (created_at, logs, peer_connection_id)
       VALUES ('2021-02-02', '{"msg": "new"}', 91), ('2021-02-03', '{"msg": "new"}', 1)`,
    );
    const report = await bringOver(old, database);
    expect(report.tables[0]).toMatchObject({ sourceRows: 1_004, imported: 1_004 });
    expect(agrees(report)).toBe(true);
    expect(await newMessages(database)).toEqual(await oldMessages(old, 'substrate_logs'));
    expect(
      await database.query(
        "SELECT ip_addr FROM peer_connections WHERE ended_at = '2021-02-03Z' AND newest_created_at = '2021-02-03Z'",
      ),
    ).toEqual([{ ip_addr: '10.0.0.0' }]);
  });

  it('reports rows that were removed from the source, or added among processed ids', async () => {
    await using old = await oldDatabase();
    await using database = await TestDatabase.create();
    await fillOldDatabase(old.url, { ...HISTORY, messages: 100 });
    await old.query('DELETE FROM substrate_logs WHERE id = 50');
    await bringOver(old, database);
    await old.query(
      `INSERT INTO substrate_logs SELECT 50, created_at, logs, peer_connection_id FROM substrate_logs WHERE id = 51`,
    );
    await old.query("INSERT INTO benchmarks (setup) VALUES ('{}')");
    await using more = new ImportProcess(old.url, database.url);
    expect(await more.end()).toBe(1);
    expect(more.output).toContain('substrate_logs: the source has 1 new rows');
    await old.query('DELETE FROM substrate_logs WHERE id IN (49, 50)');
    await using fewer = new ImportProcess(old.url, database.url);
    expect(await fewer.end()).toBe(1);
    expect(fewer.output).toContain('substrate_logs: 1 rows were removed from the source');
    expect(fewer.output).toContain('NOT all rows of the source');
  });

  it('runs beside a server, whose live feed ignores imported messages', async () => {
    await using old = await oldDatabase();
    await using database = await TestDatabase.create();
    await fillOldDatabase(old.url, { ...HISTORY, messages: 5_000 });
    await using server = await TestServer.ready(database.url);
    const node = await FakeNode.connect(server.ws);
    await node.sendConnected({ network_id: 'QmLive' });
    const done = new AbortController();
    const importing = bringOver(old, database, { chunk: 50 }).finally(() => done.abort());
    let sent = 0;
    while (!done.signal.aborted) {
      await node.sendV1({ msg: 'live', number: (sent += 1) });
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(agrees(await importing)).toBe(true);
    expect((await node.close()).code).toBe(1000);
    const live = "SELECT count(DISTINCT logs->>'number')::int AS live FROM tetcore_logs WHERE msg = 'live'";
    await waitUntil(async () => (await database.query<{ live: number }>(live))[0]?.live === sent, {
      what: 'all that was sent meanwhile',
    });
    expect(
      await database.query(
        `SELECT count(*)::int AS count FROM tetcore_logs WHERE stored_at > now() - interval '10 minutes'
            AND msg NOT IN ('live', 'system.connected')`,
      ),
    ).toEqual([{ count: 0 }]);
    expect((await newMessages(database)).length).toBe(5_000 + sent + 1);
    const nodes = (await (await server.get('/nodes?connected=false')).json()) as unknown[];
    expect(nodes.length).toBeGreaterThan(60);
  });
});
