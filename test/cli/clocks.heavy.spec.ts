import { join } from 'node:path';
import { expect, it } from 'vitest';
import { batch, row } from '../support/batches.js';
import { commandLine, type CommandResult } from '../support/command-line.js';
import { TestDatabase } from '../support/databases.js';
import { tempDir } from '../support/temp-dir.js';
import { TestStorage } from '../support/test-storage.js';
import { WrongClock } from '../support/wrong-clock.js';

const DAY = 86_400_000;

it('purge and its preview refuse to run with a wrong clock, and doctor reports it', async () => {
  await using database = await TestDatabase.create();
  await using storage = new TestStorage(database.url, { environment: { LOG_EXPIRY_H: '24' } });
  await storage.store(batch({ expiring: [row({ at: Date.now() - 3 * DAY })] }));
  const dir = await tempDir('cli-clock');
  const run = (aheadMs: number, ...args: string[]): Promise<CommandResult> =>
    commandLine(args, {
      DATABASE_URL: database.url,
      DATA_DIR: dir,
      LOG_EXPIRY_H: '24',
      ...new WrongClock(join(dir, 'clock'), aheadMs).environment,
    });
  const refusal = 'the database clock: nothing is purged until they agree within a minute.';
  for (const args of [['purge'], ['purge', '--dry-run']]) {
    const found = await run(30 * DAY, ...args);
    expect(found.code).toBe(1);
    expect(found.stderr).toContain(refusal);
  }
  expect((await run(30 * DAY, 'doctor')).stdout).toContain('Servers do not purge with this difference.');
  expect(await database.query('SELECT FROM logs_expiring')).toHaveLength(1);

  const purged = await run(0, 'purge');
  expect(purged).toMatchObject({ code: 0, stderr: '' });
  expect(purged.stdout).toContain('Dropped logs_expiring_');
  expect(await database.query('SELECT FROM logs_expiring')).toEqual([]);
}, 120_000);
