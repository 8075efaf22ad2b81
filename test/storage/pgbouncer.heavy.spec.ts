import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runDatabaseChecks } from '../../src/cli/doctor/run-database-checks.js';
import { isRoot, postgresAccount } from '../../src/embedded-postgres/system-account.js';
import { readSettings } from '../../src/platform/config/index.js';
import { SharedSessionsError } from '../../src/storage/index.js';
import { TestDatabase } from '../support/databases.js';
import { FakeNode } from '../support/fake-node.js';
import { freePort } from '../support/free-port.js';
import { onDatabase } from '../support/on-database.js';
import { tempDir } from '../support/temp-dir.js';
import { TestServer } from '../support/test-server.js';
import { waitUntil } from '../support/wait-until.js';

const PGBOUNCER = '/usr/sbin/pgbouncer';
const hasPgBouncer = existsSync(PGBOUNCER);
if (!hasPgBouncer) {
  console.warn(`Tests behind PgBouncer are skipped: there is no ${PGBOUNCER}. apt-get install -y pgbouncer.`);
}

/** Debian's PgBouncer before a database. `await using` ends it. */
class PgBouncer implements AsyncDisposable {
  private constructor(
    private readonly child: ChildProcess,
    private readonly directory: string,
    readonly url: string,
    readonly socketUrl: string,
  ) {}

  static async start(url: string, settings: Record<string, string>): Promise<PgBouncer> {
    const { hostname, port, username, password, pathname } = new URL(url);
    const directory = await tempDir('pgbouncer');
    const own = await freePort();
    const all = {
      listen_addr: '127.0.0.1',
      listen_port: own.toString(),
      unix_socket_dir: directory,
      auth_type: 'any',
      default_pool_size: '40',
      ...settings,
    };
    const file = join(directory, 'pgbouncer.ini');
    const server = `host=${hostname} port=${port || '5432'} user=${decodeURIComponent(username)} password=${decodeURIComponent(password)}`;
    const lines = Object.entries(all).map(([name, value]) => `${name} = ${value}`);
    await writeFile(file, `[databases]\n* = ${server}\n[pgbouncer]\n${lines.join('\n')}\n`);
    const account = isRoot() ? await postgresAccount() : undefined;
    if (account !== undefined) await chown(directory, account.uid, account.gid);
    const child = spawn(PGBOUNCER, ['-q', file], { stdio: 'ignore', ...account });
    const at = `postgres://pooled@127.0.0.1:${own}${pathname}`;
    const bySocket = `postgres://pooled@${encodeURIComponent(directory)}:${own}${pathname}`;
    const bouncer = new PgBouncer(child, directory, at, bySocket);
    await waitUntil(() => onDatabase(at, (client) => client.query('SELECT 1')), { what: 'PgBouncer' });
    return bouncer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode === null) {
      this.child.kill('SIGKILL');
      await once(this.child, 'exit');
    }
    await rm(this.directory, { recursive: true, force: true });
  }
}

async function problems(url: string): Promise<string[]> {
  const findings = await runDatabaseChecks(readSettings({ DATABASE_URL: url, DB_POOL_SIZE: '2' }), undefined);
  return findings.filter(({ level }) => level === 'problem').map(({ message }) => message);
}

describe.skipIf(!hasPgBouncer)('PgBouncer', { timeout: 120_000 }, () => {
  it.each([
    { pool_mode: 'transaction' },
    { pool_mode: 'transaction', server_round_robin: '1' },
    { pool_mode: 'transaction', default_pool_size: '1' },
    { pool_mode: 'statement' },
    { pool_mode: 'statement', server_round_robin: '1' },
  ])('with %o is refused', async (settings) => {
    await using database = await TestDatabase.create();
    await using bouncer = await PgBouncer.start(database.url, settings);
    // Other clients keep several connections to PostgreSQL open.
    await Promise.all(
      [1, 2, 3].map(() => onDatabase(bouncer.url, (client) => client.query('SELECT pg_sleep(0.2)'))),
    );
    for (let round = 0; round < 5; round += 1) {
      expect(await problems(bouncer.url)).toEqual([new SharedSessionsError().fault.cause]);
    }
    const server = await TestServer.start(bouncer.url);
    await expect(server.server.ready).rejects.toThrow(SharedSessionsError);
    await server[Symbol.asyncDispose]();
  });

  it('in session mode stores and returns messages, over TCP and a Unix socket', async () => {
    await using database = await TestDatabase.create();
    await using bouncer = await PgBouncer.start(database.url, { pool_mode: 'session' });
    for (const url of [bouncer.url, bouncer.socketUrl]) {
      for (let round = 0; round < 5; round += 1) expect(await problems(url)).toEqual([]);
      await using server = await TestServer.ready(url);
      const node = await FakeNode.connect(server.ws);
      const id = url === bouncer.url ? 'QmTcp' : 'QmSocket';
      await node.sendConnected({ network_id: id });
      await waitUntil(async () => (await (await server.get('/nodes')).text()).includes(id), { what: id });
      expect((await server.get('/stats/db')).status).toBe(200);
      await node.close();
    }
  });
});
