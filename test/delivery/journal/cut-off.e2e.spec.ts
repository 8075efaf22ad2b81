import { cp, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { TestDatabase } from '../../support/databases.js';
import { freePort } from '../../support/free-port.js';
import { ServerProcess } from '../../support/server-process.js';
import { tempDir } from '../../support/temp-dir.js';
import { waitUntil } from '../../support/wait-until.js';
import { Metrics } from '../servers/metrics.js';

const FILES = join(import.meta.dirname, '..', '..', 'fixtures', 'journal-v1');

it('logs how many messages are lost in a truncated journal', async () => {
  await using database = await TestDatabase.create();
  const dataDir = await tempDir('cut-off');
  const journal = join(dataDir, 'journal', '019ab000-0000-7000-8000-00000000000f');
  await cp(FILES, journal, { recursive: true });
  // In the first of its batches, which has two messages of `/`, one of `/audit`, and two that were rejected.
  await truncate(join(journal, '00000001.journal'), 1_600);
  await using server = await ServerProcess.ready(await freePort(), {
    DATABASE_URL: database.url,
    DATA_DIR: dataDir,
  });
  const metrics = await waitUntil(
    async () => {
      const found = await Metrics.read(server.http);
      return found.sum('tetcore_journal_damage_total') === 1 ? found : undefined;
    },
    { what: 'the damage to be found' },
  );
  expect(metrics.sum('tetcore_journal_damaged_messages_total')).toBe(5);
  expect(server.log).toContain('are damaged and lost, with at least 5 messages: a record is truncated.');
});
