import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestDatabase } from '../../support/databases.js';
import { freePort } from '../../support/free-port.js';
import { type Found, NumberedMessages } from '../../support/numbered-messages.js';
import { PostgresProxy } from '../../support/postgres-proxy.js';
import { ServerProcess } from '../../support/server-process.js';
import { tempDir } from '../../support/temp-dir.js';
import { waitUntil } from '../../support/wait-until.js';
import { Metrics } from '../servers/metrics.js';

describe('the journal of a running server', { timeout: 120_000 }, () => {
  let dataDir: string;
  let home: string;

  beforeEach(async () => {
    home = await tempDir('removed');
    dataDir = join(home, 'data');
  });

  afterEach(async () => {
    await rm(home, { recursive: true, force: true });
  });

  /** All at once: else the server may have another folder in it before the last file is gone. */
  const remove = async (path: string): Promise<void> => {
    const away = join(home, 'to-be-removed');
    await rename(path, away);
    await rm(away, { recursive: true });
  };

  const ways: [string, () => Promise<void>][] = [
    ['is removed', () => remove(join(dataDir, 'journal'))],
    ['is moved away', () => rename(join(dataDir, 'journal'), join(home, 'away'))],
    ['is removed with all of DATA_DIR', () => remove(dataDir)],
  ];

  /** A server takes messages while it cannot store them, is killed after `work`, and another one is started. */
  async function killedAfter(
    work: (server: ServerProcess, send: () => Promise<void>) => Promise<void>,
    beforeNext: () => Promise<void> = () => Promise.resolve(),
  ): Promise<{ found: Found; exitCode: number | null; leftAlone: number }> {
    await using database = await TestDatabase.create();
    await using proxy = await PostgresProxy.start(database.url);
    const port = await freePort();
    const environment = { DATABASE_URL: proxy.url, DATA_DIR: dataDir };
    const messages = new NumberedMessages();
    {
      await using server = await ServerProcess.ready(port, environment);
      proxy.freeze();
      await work(server, () => messages.send(server.ws, 20));
      await server.end('SIGKILL');
    }
    proxy.thaw();
    await beforeNext();
    await using next = await ServerProcess.ready(port, environment);
    const found = await messages.areStored(database.url);
    const leftAlone = (await Metrics.read(next.http)).sum('tetcore_journals_left_alone');
    return { found, exitCode: next.child.exitCode, leftAlone };
  }

  it.each(ways)('loses no acknowledged message when it %s, and the server is killed', async (_, lose) => {
    const { found, exitCode } = await killedAfter(async (server, send) => {
      await send();
      await lose();
      await send();
      const metrics = await Metrics.read(server.http);
      expect(metrics.sum('tetcore_journal_moves_total')).toBe(1);
      expect(server.log).toMatch(
        /The journal directory .* was removed or moved\. Batches are now written to/,
      );
    });
    expect(found).toEqual({ missing: 0, twice: 0 });
    expect(exitCode).toBeNull();
  });

  it('loses nothing if it is moved, and restored once the server was killed', async () => {
    const away = join(home, 'away');
    const { found, leftAlone } = await killedAfter(
      async (_, send) => {
        await send();
        await rename(join(dataDir, 'journal'), away);
        await send();
      },
      async () => {
        const former = (await readdir(away)).find((name) => name.includes('-')) ?? '';
        // It has the lower name, and so it is stored first.
        await rename(join(away, former), join(dataDir, 'journal', former));
      },
    );
    expect(found).toEqual({ missing: 0, twice: 0 });
    expect(leftAlone).toBe(0);
  });

  it('is created again without a new message, with the batches in memory', async () => {
    const { found, exitCode } = await killedAfter(async (server, send) => {
      await send();
      await remove(join(dataDir, 'journal'));
      await waitUntil(
        async () => (await Metrics.read(server.http)).sum('tetcore_journal_moves_total') === 1,
        { what: 'the journal to be made anew' },
      );
    });
    expect(found).toEqual({ missing: 0, twice: 0 });
    expect(exitCode).toBeNull();
  });
});
