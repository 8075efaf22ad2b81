import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, inject, it } from 'vitest';
import { contentOf, type DatabaseContent } from './database-content.js';
import { PostgresTools } from './postgres-tools.js';
import { answersOf, fill, sendOne } from './server-content.js';
import { freePort } from '../support/free-port.js';
import { NumberedMessages, NumberedNodes } from '../support/numbered-messages.js';
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
      /** @param jobs of a dump in parallel; a single file if undefined */
      const dump = async (from: string, to: string, jobs?: number, ...more: string[]): Promise<void> => {
        const file = join(await mkdtemp(join(folder, 'dump-')), 'backup');
        const parallel = jobs === undefined ? [] : [`--jobs=${jobs.toString()}`];
        const format = `--format=${jobs === undefined ? 'custom' : 'directory'}`;
        await tools.run('pg_dump', format, ...parallel, ...more, `--file=${file}`, from);
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
          ...parallel,
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
        await dump(original, restored, 2);
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

        if (fitting !== undefined) return;
        // Debian's PostgreSQL has lz4, and the embedded one does not.
        const embedded = databaseNamed(inject('templateUrl'), DATABASES[2] ?? '');
        await onDatabase(restored, (client) => client.query(`DROP OWNED BY ${READER}`));
        await expect(dump(original, embedded)).rejects.toThrow('lz4');
        const tables = ({ indexes: _indexes, views: _views, ...rest }: DatabaseContent): DatabaseContent =>
          rest;
        const clear = async (): Promise<void> => {
          await onDatabase(databaseNamed(embedded, 'postgres'), async (client) => {
            const name = new URL(embedded).pathname.slice(1);
            await client.query(`DROP DATABASE ${name} WITH (FORCE)`);
            await client.query(`CREATE DATABASE ${name} ENCODING 'UTF8' TEMPLATE template0`);
          });
        };
        // In two parts, from a dump that asks for lz4.
        await clear();
        const [file, schema] = [join(folder, 'whole.dump'), join(folder, 'schema.sql')];
        const plain = ['--no-owner', '--no-privileges'];
        await tools.run('pg_dump', '--format=custom', `--file=${file}`, original);
        await tools.run('pg_restore', ...plain, '--section=pre-data', `--file=${schema}`, file);
        await run('sed', ['-i', '/ SET COMPRESSION lz4;$/d', schema]);
        await tools.run('psql', '--set=ON_ERROR_STOP=1', `--file=${schema}`, embedded);
        const rest = ['--section=data', '--section=post-data'];
        await tools.run('pg_restore', ...plain, '--exit-on-error', ...rest, `--dbname=${embedded}`, file);
        expect(tables(await contentOf(embedded))).toEqual(tables(before));
        // Or by a dump that does not ask for it.
        await onDatabase(databaseNamed(embedded, 'postgres'), (client) =>
          client.query(`DROP DATABASE ${new URL(embedded).pathname.slice(1)} WITH (FORCE)`),
        );
        await dump(original, embedded, undefined, '--no-toast-compression');
        expect(tables(await contentOf(embedded))).toEqual(tables(before));
      } finally {
        const left = DATABASES.map((name) => `DATABASE IF EXISTS ${name} WITH (FORCE)`);
        for (const what of [...left, `ROLE IF EXISTS ${READER}`]) {
          await onDatabase(databaseNamed(inject('templateUrl'), 'postgres'), (client) =>
            client.query(`DROP ${what}`),
          );
        }
        await rm(folder, { recursive: true, force: true });
      }
    },
  );
});

describe.skipIf(own === undefined)('recovery to a point in time', () => {
  it(
    'has what was stored until then and what a journal holds, nothing twice',
    { timeout: 180_000 },
    async () => {
      if (own === undefined) return;
      const folder = await tempDir('recovery');
      const [archive, backup, name] = [join(folder, 'wal'), join(folder, 'base'), 'tetcore_backup_recovered'];
      await mkdir(archive);
      await chmod(archive, 0o777);
      const numbers = new NumberedMessages();
      const dataDir = join(folder, 'data');
      try {
        {
          await using postgres = await own.startServer({
            settings: {
              archive_mode: 'on',
              archive_command: `test ! -f ${archive}/%f && cp %p ${archive}/%f`,
            },
          });
          const DATABASE_URL = databaseNamed(postgres.url, name);
          await using server = await ServerProcess.ready(await freePort(), {
            DATABASE_URL,
            DATA_DIR: dataDir,
          });
          const store = async (): Promise<void> => {
            await numbers.send(server.ws, 300);
            expect(await numbers.areStored(DATABASE_URL)).toEqual({ missing: 0, twice: 0 });
          };
          await store();
          await own.run(
            'pg_basebackup',
            `--pgdata=${backup}`,
            '--checkpoint=fast',
            `--dbname=${postgres.url}`,
          );
          await store();
          await onDatabase(DATABASE_URL, (client) =>
            client.query("SELECT pg_create_restore_point('before_the_mistake')"),
          );
          await store();
          await onDatabase(DATABASE_URL, (client) => client.query('SELECT pg_switch_wal()'));
          await waitUntil(
            async () =>
              await onDatabase(DATABASE_URL, async (client) => {
                const { rows } = await client.query<{ waiting: boolean }>(
                  'SELECT last_archived_wal IS NULL OR last_archived_wal < pg_walfile_name(pg_current_wal_lsn() - 1) AS waiting FROM pg_stat_archiver',
                );
                return rows[0]?.waiting === false;
              }),
            { what: 'the archive' },
          );
          await postgres[Symbol.asyncDispose]();
          // Acknowledged, so it is in the journal.
          await numbers.send(server.ws, 300);
          expect(await server.end('SIGTERM')).toBe(0);
        }
        await using postgres = await own.startServer({
          backup,
          settings: {
            restore_command: `cp ${archive}/%f %p`,
            recovery_target_name: 'before_the_mistake',
            recovery_target_action: 'promote',
          },
        });
        const DATABASE_URL = databaseNamed(postgres.url, name);
        const recovered = await onDatabase(DATABASE_URL, (client) =>
          client.query("SELECT FROM tetcore_logs WHERE msg = 'test.numbered'"),
        );
        expect(recovered.rowCount).toBe(600);
        await using server = await ServerProcess.ready(await freePort(), { DATABASE_URL, DATA_DIR: dataDir });
        // Also what was stored after the point: the last segment of the journal has it still.
        expect(await numbers.areStored(DATABASE_URL)).toEqual({ missing: 0, twice: 0 });
        await sendOne(server);
        expect(await server.end('SIGTERM')).toBe(0);
      } finally {
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
