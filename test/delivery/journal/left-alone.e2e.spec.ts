import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { TestDatabase } from '../../support/databases.js';
import { tempDir } from '../../support/temp-dir.js';
import { TestServer } from '../../support/test-server.js';
import { waitUntil } from '../../support/wait-until.js';

const FILES = join(import.meta.dirname, '..', '..', 'fixtures', 'journal-v1');

it('counts journals of a later version that it skips', async () => {
  await using database = await TestDatabase.create();
  const dataDir = await tempDir('left-alone');
  const journal = join(dataDir, 'journal', '019ab000-0000-7000-8000-00000000000f');
  await cp(FILES, journal, { recursive: true });
  const description = join(journal, 'journal.json');
  const later = (await readFile(description, 'utf8')).replace('"format":1', '"format":2');
  await writeFile(description, later);
  await using server = await TestServer.ready(database.url, { DATA_DIR: dataDir });
  await waitUntil(async () => (await server.metric('tetcore_journals_left_alone')).get('') === 1, {
    what: 'the journal to be counted',
  });
  expect(await readFile(description, 'utf8')).toBe(later);
  expect(await database.query('SELECT FROM tetcore_logs')).toEqual([]);
});
