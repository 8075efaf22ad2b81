import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, inject, it } from 'vitest';
import { contentOf } from './database-content.js';
import { PostgresTools } from './postgres-tools.js';
import { answersOf, fill, sendOne } from './server-content.js';
import { freePort } from '../support/free-port.js';
import { NumberedNodes } from '../support/numbered-messages.js';
import { databaseNamed, onDatabase } from '../support/on-database.js';
import { ServerProcess } from '../support/server-process.js';
import { tempDir } from '../support/temp-dir.js';
import { waitUntil } from '../support/wait-until.js';

const run = promisify(execFile);
const DATABASES = ['original', 'while_running', 'restored'].map((name) => `tetcore_backup_${name}`);
const READER = 'tetcore_backup_reader';

async function majorOf(url: string): Promise<number> {
  return await onDatabase(databaseNamed(url, 'postgres'), async (client) => {
    const { rows } = await client.query<{ server_version_num: string }>('SHOW server_version_num');
    return Math.floor(Number(rows[0]?.server_version_num) / 10_000);
  });
}

const installed = await PostgresTools.installed();
// pg_dump reads no server that is newer than itself.
const serverMajor = await majorOf(inject('templateUrl'));
const fitting = installed.find(({ major }) => major >= serverMajor);
const own = installed.find(({ hasServer, major }) => hasServer && major >= 15);
if (fitting === undefined && own === undefined) {
  console.warn(
    `Dumping and restoring is not tested: there is no pg_dump of PostgreSQL ${serverMajor.toString()} or later, and no other ` +
      `PostgreSQL to try it with. apt-get install -y postgresql, or postgresql-client-${serverMajor.toString()} of apt.postgresql.org.`,
  );
}

describe.skipIf(fitting === undefined && own === undefined)('a dump', () => {
  const timeout = 120_000;
  it(
    'of a running server is complete: restored into an empty database, the responses are the same',
    { timeout },
    async () => {
      const tools = fitting ?? own;
      if (tools === undefined) return;
      await using postgres =
        fitting === undefined
          ? await tools.startServer()
          : { url: inject('templateUrl'), [Symbol.asyncDispose]: () => Promise.resolve() };
      const [original = '', whileRunning = '', restored = ''] = DATABASES.map((name) =>
        databaseNamed(postgres.url, name),
      );
      const folder = await tempDir('backup');
      const dump = async (from: string, to: string): Promise<void> => {
        const file = join(folder, 'backup.dump');
        await tools.run('pg_dump', '--format=custom', `--file=${file}`, from);
        await onDatabase(databaseNamed(to, 'postgres'), (client) =>
          client.query(`CREATE DATABASE ${new URL(to).pathname.slice(1)} ENCODING 'UTF8' TEMPLATE template0`),
        );
        // As on another server, which does not have the role.
        await onDatabase(from, async (client) => {
          const { rowCount } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [READER]);
          if (rowCount === 1) await client.query(`DROP OWNED BY ${READER}; DROP ROLE ${READER}`);
        });
        await tools.run(
          'pg_restore',
          '--no-owner',
          '--no-privileges',
          '--exit-on-error',
          `--dbname=${to}`,
          file,
        );
      };
      try {
        await using server = await ServerProcess.ready(await freePort(), {
          DATABASE_URL: original,
          DATA_DIR: join(folder, 'one'),
          DB_READER_ROLE: READER,
        });
        await fill(server);

        const nodes = new NumberedNodes(server.ws, 4, 400);
        await waitUntil(() => nodes.sent.length > 200, { what: 'messages' });
        await dump(original, whileRunning);
        await nodes.stop();
        const stored = await onDatabase(whileRunning, async (client) => {
          const { rows } = await client.query<{
            messages: number;
            numbers: number;
            without_connection: number;
          }>(
            `SELECT count(*)::int AS messages, count(DISTINCT logs->>'number')::int AS numbers,
                  count(*) FILTER (WHERE c.id IS NULL)::int AS without_connection
             FROM tetcore_logs AS l LEFT JOIN peer_connections AS c ON c.id = l.peer_connection_id
            WHERE msg = 'test.numbered'`,
          );
          return rows[0];
        });
        expect(stored).toEqual({
          messages: stored?.numbers,
          numbers: stored?.messages,
          without_connection: 0,
        });
        expect(stored?.messages).toBeGreaterThan(0);
        await waitUntil(async () => (await nodes.tally(original)).missing === 0, {
          what: 'all to be stored',
        });
        const open = "SELECT FROM peer_connections WHERE ended_at IS NULL AND peer_id LIKE 'QmNumbered%'";
        await waitUntil(
          async () => (await onDatabase(original, (client) => client.query(open))).rowCount === 0,
          {
            what: 'the ends of their nodes to be stored',
          },
        );

        const answers = await answersOf(server);
        expect(Object.entries(answers).filter(([, answer]) => !answer.startsWith('200 '))).toEqual([]);
        expect(await server.end('SIGTERM')).toBe(0);
        const before = await contentOf(original);
        expect(before.logs_audit?.rows).toBeGreaterThan(300);
        await dump(original, restored);
        expect(await contentOf(restored)).toEqual(before);

        await using other = await ServerProcess.ready(await freePort(), {
          DATABASE_URL: restored,
          DATA_DIR: join(folder, 'two'),
          DB_READER_ROLE: READER,
        });
        expect(await answersOf(other)).toEqual(answers);
        const { rows: reads } = await onDatabase(restored, (client) =>
          client.query("SELECT has_table_privilege($1, 'tetcore_logs', 'SELECT') AS view", [READER]),
        );
        expect(reads).toEqual([{ view: true }]);
        await sendOne(other);
        const [row] = await onDatabase(
          restored,
          async (client) =>
            (
              await client.query<{ twice: number }>(
                'SELECT (count(*) - count(DISTINCT id))::int AS twice FROM tetcore_logs',
              )
            ).rows,
        );
        expect(row).toEqual({ twice: 0 });
        expect(await other.end('SIGTERM')).toBe(0);
      } finally {
        // A server of our own goes with all that is in it.
        const left =
          fitting === undefined ? [] : DATABASES.map((name) => `DATABASE IF EXISTS ${name} WITH (FORCE)`);
        for (const what of left.length === 0 ? [] : [...left, `ROLE IF EXISTS ${READER}`]) {
          await onDatabase(databaseNamed(postgres.url, 'postgres'), (client) => client.query(`DROP ${what}`));
        }
        await rm(folder, { recursive: true, force: true });
      }
    },
  );
});

describe.skipIf(process.platform === 'win32')("a copy of a stopped server's DATA_DIR", () => {
  it('gives the same responses, and continues', { timeout: 120_000 }, async () => {
    const folder = await tempDir('backup');
    const [dataDir, copy] = [join(folder, 'data'), join(folder, 'copy')];
    const content = async (dir: string) =>
      await contentOf((await readFile(join(dir, 'database-url'), 'utf8')).trim());
    try {
      await using server = await ServerProcess.ready(await freePort(), { DATA_DIR: dataDir });
      await fill(server);
      const [answers, before] = [await answersOf(server), await content(dataDir)];
      expect(Object.entries(answers).filter(([, answer]) => !answer.startsWith('200 '))).toEqual([]);
      expect(await server.end('SIGTERM')).toBe(0);
      await run('cp', ['-aL', dataDir, copy]);
      // The copy owes nothing to what it was made of.
      await rm(dataDir, { recursive: true });

      await using other = await ServerProcess.ready(await freePort(), { DATA_DIR: copy });
      expect(await answersOf(other)).toEqual(answers);
      const after = await content(copy);
      // Each process has a row there, and says in it that it lives; and how its clock is, and that none was there before.
      expect(after.collectors?.rows).toBe((before.collectors?.rows ?? 0) + 1);
      // The mark of its ids.
      expect(after.ingest_batches?.rows).toBe((before.ingest_batches?.rows ?? 0) + 1);
      const own = { collectors: null, collector_clocks: null, ingest_batches: null, observer_gaps: null };
      expect({ ...after, ...own }).toEqual({ ...before, ...own });
      await sendOne(other);
      expect(await other.end('SIGTERM')).toBe(0);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
