import { rm } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { journalVolume } from '../delivery/servers/journal-volume.js';
import { TestDatabase } from '../support/databases.js';
import { FakeNode } from '../support/fake-node.js';
import { freePort } from '../support/free-port.js';
import { PostgresProxy } from '../support/postgres-proxy.js';
import { ServerProcess } from '../support/server-process.js';
import { tempDir } from '../support/temp-dir.js';
import { waitUntil } from '../support/wait-until.js';

const isRoot = process.platform === 'linux' && process.getuid?.() === 0;
const BIG = 'x'.repeat(400_000);

describe('a small disk', { timeout: 180_000 }, () => {
  it('is warned about, and when it is full the server says what it can no longer do', async (context) => {
    const dataDir = await tempDir('small-disk');
    const volume = isRoot ? await journalVolume(dataDir, true) : undefined;
    if (volume === undefined) {
      await rm(dataDir, { recursive: true });
      return context.skip('Only root can mount a small volume.');
    }
    await using database = await TestDatabase.create();
    await using proxy = await PostgresProxy.start(database.url);

    const start = async (): Promise<ServerProcess> =>
      ServerProcess.ready(await freePort(), {
        DATABASE_URL: proxy.url,
        DATA_DIR: dataDir,
        DB_BATCH_SIZE: '1',
        QUEUE_MAX_MIB: '4',
        SHUTDOWN_TIMEOUT_S: '8',
      });
    const becomes = (server: ServerProcess, expected: object): Promise<unknown> =>
      waitUntil(
        async () => {
          expect(await (await fetch(`${server.http}/health/ready`)).json()).toMatchObject(expected);
          return true;
        },
        { what: JSON.stringify(expected), timeoutMs: 30_000 },
      );
    /** Fills the disk, takes the database away, and sends more than fits into memory. */
    const fill = async (server: ServerProcess): Promise<void> => {
      await volume.fill(server.child.pid ?? 0, 0);
      proxy.freeze();
      const node = await FakeNode.connect(`${server.ws}/`);
      for (let sent = 0; sent < 30; sent += 1) node.send({ msg: 'big', BIG, sent }).catch(() => undefined);
      await becomes(server, {
        status: 503,
        detail: 'The delivery queue is full. The database cannot be reached. The journal cannot be written.',
      });
    };

    try {
      {
        await using server = await start();
        if (volume.how.includes('volume'))
          expect(server.log).toMatch(
            /WARN \[Server\] The disk of \S+\/journal has 128 MiB free, and the server may need 1 GiB for its journal/,
          );
        await fill(server);
        expect(await server.end('SIGTERM')).toBe(1);
        const lines = server.log
          .split('\n')
          .filter((line) => line.includes('could not be written to the journal'));
        expect(lines).toEqual([
          expect.stringMatching(
            /ERROR \[Delivery\] \d\d batches could not be written to the journal: .*(ENOSPC|EFBIG)/,
          ),
        ]);
        expect(server.log).toMatch(/ERROR \[Delivery\] Lost \d\d batches: /);
        await volume.free(server.child.pid ?? 0);
        proxy.thaw();
      }
      await using server = await start();
      await fill(server);
      // With room again, the batches go to the journal, though the database is still away.
      await volume.free(server.child.pid ?? 0);
      await becomes(server, { status: 'degraded', reason: 'The database cannot be reached.' });
      expect(await server.end('SIGTERM')).toBe(0);
      expect(server.log).toMatch(/\d\d batches remain in the journal for the next start/);
    } finally {
      await volume.remove();
      await rm(dataDir, { recursive: true, force: true });
    }
  });
});
