import { cp, readdir, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { TestDatabase } from '../../support/databases.js';
import { NumberedMessages } from '../../support/numbered-messages.js';
import { PostgresProxy } from '../../support/postgres-proxy.js';
import { tempDir } from '../../support/temp-dir.js';
import { TestServer } from '../../support/test-server.js';
import { waitUntil } from '../../support/wait-until.js';
import { ContainedServer, withoutNamespaces } from '../frozen/contained-server.js';

const FILES = join(import.meta.dirname, '..', '..', 'fixtures', 'journal-v1');
/** Behind that of any process, in the order in which journals are looked at. */
const LAST = 'ffffffff-ffff-7fff-bfff-ffffffffffff';

const reason = await withoutNamespaces();

it(
  'does not take over the journal of a server in another container, even if its clock is behind or it is frozen',
  { timeout: 120_000 },
  async (context) => {
    if (reason !== undefined) context.skip(reason);
    await using database = await TestDatabase.create();
    await using proxy = await PostgresProxy.start(database.url);
    const dataDir = await tempDir('neighbour');
    const journal = join(dataDir, 'journal');
    const messages = new NumberedMessages();
    try {
      await using neighbour = await ContainedServer.spawn(dataDir, {
        environment: { DATABASE_URL: proxy.url },
      });
      await neighbour.isReady();
      proxy.freeze();
      await messages.send(neighbour.ws, 20);
      const [id = ''] = await readdir(journal);
      const files = await readdir(join(journal, id));
      // As a clock that is behind leaves them.
      for (const name of files) await utimes(join(journal, id, name), 0, 0);
      await neighbour.freeze();

      await cp(FILES, join(journal, LAST), { recursive: true });
      await using server = await TestServer.ready(database.url, { DATA_DIR: dataDir });
      await waitUntil(async () => !(await readdir(journal)).includes(LAST), {
        what: 'the journal of a process that is gone to be stored',
        timeoutMs: 20_000,
      });
      expect(await readdir(join(journal, id))).toEqual(files);
      expect((await server.metric('tetcore_journals_left_alone')).get('')).toBe(0);

      await neighbour.thaw();
      proxy.thaw();
      await messages.send(neighbour.ws, 20);
      expect(await messages.areStored(database.url)).toEqual({ missing: 0, twice: 0 });
      expect(await neighbour.stop()).toBe(0);
    } finally {
      await rm(dataDir, { recursive: true, force: true });
    }
  },
);
