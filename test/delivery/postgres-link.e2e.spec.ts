import { describe, expect, it } from 'vitest';
import { batch, numberedRows } from '../support/batches.js';
import { TestDatabase } from '../support/databases.js';
import { TestStorage } from '../support/test-storage.js';
import { type Cut, PostgresLink } from './database/postgres-link.js';

async function storedRows(database: TestDatabase): Promise<number> {
  const [row] = await database.query<{ count: number }>('SELECT count(*)::int AS count FROM tetcore_logs');
  return row?.count ?? NaN;
}

describe('a link to PostgreSQL', () => {
  it.each<[Cut, number]>([
    ['within copy', 0],
    ['before commit', 0],
    ['after commit', 1_000],
  ])(
    'that is cut %s leaves %i of 1,000 messages, and the next attempt all of them once',
    async (cut, left) => {
      await using database = await TestDatabase.create();
      await using link = await PostgresLink.start(database.url);
      await using storage = new TestStorage(link.url);
      const rows = batch({ expiring: numberedRows(1_000, 'x'.repeat(200)) });
      const happened = link.cutNext(cut);
      await expect(storage.store(rows)).rejects.toThrow();
      await happened;
      expect(await storedRows(database)).toBe(left);
      expect(await storage.store(rows)).toMatchObject({ duplicate: left > 0 });
      expect(await storedRows(database)).toBe(1_000);
    },
  );
});
