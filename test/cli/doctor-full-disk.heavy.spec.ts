import { execFile } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { runDatabaseChecks } from '../../src/cli/doctor/run-database-checks.js';
import { postgresAccount } from '../../src/embedded-postgres/system-account.js';
import { readSettings } from '../../src/platform/config/index.js';
import { commandLine } from '../support/command-line.js';
import { FakeNode } from '../support/fake-node.js';
import { onDatabase } from '../support/on-database.js';
import { PostgresCluster } from '../support/postgres-cluster.js';
import { tempDir } from '../support/temp-dir.js';
import { TestServer } from '../support/test-server.js';
import { waitUntil } from '../support/wait-until.js';

const run = promisify(execFile);

/** A file system of a few megabytes; undefined where this user cannot mount one. */
async function smallDisk(): Promise<({ path: string } & AsyncDisposable) | undefined> {
  const path = await tempDir('disk');
  try {
    const { uid, gid } = await postgresAccount();
    await run('mount', [
      '-t',
      'tmpfs',
      '-o',
      `size=40m,uid=${uid},gid=${gid},mode=700`,
      'tetcore-test',
      path,
    ]);
  } catch {
    await rm(path, { recursive: true });
    return undefined;
  }
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      await run('umount', ['--lazy', path]);
      await rm(path, { recursive: true });
    },
  };
}

describe('doctor', { timeout: 120_000 }, () => {
  it('finds a full disk of the database, and the batches that are queued beside it', async (context) => {
    await using disk = await smallDisk();
    if (disk === undefined) {
      console.warn('The test of a full disk is skipped: it needs root, and the right to mount a tmpfs.');
      context.skip();
      return;
    }
    await using cluster = await PostgresCluster.start();
    await onDatabase(cluster.url(), async (client) => {
      await client.query(`CREATE TABLESPACE small LOCATION '${disk.path}'`);
      await client.query('CREATE DATABASE telemetry TABLESPACE small');
    });
    // An operator removes it: on a full disk not even a table can be emptied.
    const reserve = join(disk.path, 'reserve');
    await writeFile(reserve, Buffer.alloc(1024 * 1024));
    const url = cluster.url('telemetry');
    await using server = await TestServer.ready(url);
    await onDatabase(url, async (client) => {
      await client.query('CREATE TABLE filler (text text STORAGE PLAIN)');
      const fill = async (rows: number): Promise<void> => {
        for (;;) {
          await client.query(`INSERT INTO filler SELECT repeat('x', 4000) FROM generate_series(1, ${rows})`);
        }
      };
      for (const rows of [256, 1]) await expect(fill(rows)).rejects.toMatchObject({ code: '53100' });
    });
    const found = await runDatabaseChecks(readSettings({ DATABASE_URL: url, DB_POOL_SIZE: '2' }), undefined);
    expect(found.filter(({ check, level }) => check === 'writes' && level === 'problem')).toMatchObject([
      {
        message: expect.stringMatching(
          /^The disk of the database is full: .*No space left on device\.$/,
        ) as string,
        advice: 'Free space on it: docs/operations.md#the-disk-is-full.',
      },
    ]);
    const node = await FakeNode.connect(server.ws);
    await node.sendConnected({ network_id: 'QmFull' });
    const queueOf = async (): Promise<string> => {
      const environment = { DATABASE_URL: url, HOST: '127.0.0.1', PORT: server.server.port.toString() };
      return (await commandLine(['doctor'], environment)).stdout;
    };
    await waitUntil(
      async () => {
        // A row may fit into the last page: the batch must not.
        for (let n = 0; n < 200; n += 1) await node.sendV1({ msg: 'filler', text: 'x'.repeat(4_000) });
        expect(await queueOf()).toMatch(
          /^problem {2}queue +The server on port \d+ does not store messages: The disk of the database is full\. [1-9]\d* batch(es)? (is|are) queued\.$/m,
        );
        return true;
      },
      { what: 'the queue', timeoutMs: 60_000 },
    );
    await node.close();
    await rm(reserve);
    await onDatabase(url, (client) => client.query('TRUNCATE filler'));
  });
});
