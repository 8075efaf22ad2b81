import { execFile } from 'node:child_process';
import { readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestDatabase } from '../support/databases.js';
import { freePort } from '../support/free-port.js';
import { NumberedMessages } from '../support/numbered-messages.js';
import { ServerProcess } from '../support/server-process.js';
import { tempDir } from '../support/temp-dir.js';
import { waitUntil } from '../support/wait-until.js';
import { isAlive } from '../support/is-alive.js';

const run = promisify(execFile);
/** That it makes a database first takes long on a busy machine. */
const READY_MS = 90_000;
const canMount = process.platform === 'linux' && process.getuid?.() === 0;

describe('the DATA_DIR of a server with embedded PostgreSQL', { timeout: 300_000 }, () => {
  let dataDir: string;

  beforeEach(async () => {
    dataDir = await tempDir('data-dir');
  });

  afterEach(async () => {
    await rm(dataDir, { recursive: true, force: true });
  });

  it('is locked while the server runs or is frozen, and released when it is killed', async () => {
    await using first = await readyServer({ DATA_DIR: dataDir });
    first.child.kill('SIGSTOP');
    await using second = ServerProcess.spawn(await freePort(), { DATA_DIR: dataDir });
    expect(await second.exited).toBe(1);
    expect(second.log).toContain(
      `The directory ${dataDir} is in use: process ${String(first.child.pid)} on host`,
    );
    first.child.kill('SIGCONT');
    const messages = new NumberedMessages();
    await messages.send(first.ws, 10);
    await first.end('SIGKILL');
    await using third = await readyServer({ DATA_DIR: dataDir });
    expect(third.log).toContain('Took over the PostgreSQL');
    const url = (await readFile(join(dataDir, 'database-url'), 'utf8')).trim();
    expect(await messages.areStored(url)).toEqual({ missing: 0, twice: 0 });
    expect(await third.end('SIGTERM')).toBe(0);
  });

  it('stops PostgreSQL and the server when it is removed; queued messages are stored at the next start', async () => {
    const messages = new NumberedMessages();
    {
      await using server = await readyServer({
        DATA_DIR: dataDir,
        DB_SAVE_LATENCY_MS: '60000',
      });
      const [pid = ''] = (await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8')).split('\n');
      // They are in the batch that is open.
      await messages.send(server.ws, 10);
      // All at once: PostgreSQL makes files meanwhile.
      await rename(dataDir, `${dataDir}-removed`);
      await rm(`${dataDir}-removed`, { recursive: true, force: true, maxRetries: 10 });
      expect(await server.exited).toBe(1);
      expect(server.log).toContain(`DATA_DIR is lost: the lock file in ${dataDir} was removed or replaced`);
      expect(server.log).toMatch(/\d batches remain in the journal for the next start/);
      await waitUntil(() => !isAlive(Number(pid)), { what: 'PostgreSQL to be gone' });
    }
    await using next = await readyServer({ DATA_DIR: dataDir });
    const url = (await readFile(join(dataDir, 'database-url'), 'utf8')).trim();
    expect(await messages.areStored(url)).toEqual({ missing: 0, twice: 0 });
    expect(await next.end('SIGTERM')).toBe(0);
  });
});

describe.runIf(canMount)('a DATA_DIR on a read-only file system', () => {
  let mounted: string;

  beforeEach(async () => {
    mounted = await tempDir('read-only');
    await run('mount', ['--bind', mounted, mounted]);
    await run('mount', ['-o', 'remount,bind,ro', mounted]);
  });

  afterEach(async () => {
    await run('umount', ['-l', mounted]);
    await rm(mounted, { recursive: true, force: true });
  });

  it.each(['', 'below'])(
    'is refused with what to do, with its own PostgreSQL or another (%j)',
    async (below) => {
      await using database = await TestDatabase.create();
      const dataDir = join(mounted, below);
      for (const environment of [{}, { DATABASE_URL: database.url }]) {
        await using server = ServerProcess.spawn(await freePort(), { DATA_DIR: dataDir, ...environment });
        expect(await server.exited).toBe(1);
        expect(server.log).toContain(dataDir);
        expect(server.log).toMatch(/EROFS.*mount it for writing, (or )?set DATA_DIR to another directory/);
        expect(server.log).not.toContain('ENOENT');
      }
    },
  );
});

async function readyServer(environment: Record<string, string>): Promise<ServerProcess> {
  const server = ServerProcess.spawn(await freePort(), environment);
  try {
    await server.isReady(READY_MS);
    return server;
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}
