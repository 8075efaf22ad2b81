import { appendFile, mkdir, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TEST_COLLECTOR } from '../../../test/support/batches.js';
import { tempDir } from '../../../test/support/temp-dir.js';
import type { Batch } from '../../telemetry/index.js';
import { Journal, inspectAbandonedJournals } from './index.js';

const UUID = '0190a000-0000-7000-8000-000000000000';

function aBatch(id: string): Batch {
  const block = { rows: 0, tuples: Buffer.alloc(0), oldest: 0, newest: 0 };
  const expiring = { rows: 1, tuples: Buffer.from('row'), oldest: 1, newest: 2 };
  return {
    id,
    collector: TEST_COLLECTOR,
    firstReceivedAt: 1,
    sealedAt: 2,
    expiring,
    audit: block,
    connections: [],
    rejected: [],
  };
}

describe('inspectAbandonedJournals', () => {
  let root: string;

  const open = () =>
    Journal.open({
      directory: root,
      maxBytes: 1024 ** 2,
      onDamage: () => undefined,
      logger: { warn: () => undefined },
    });

  beforeEach(async () => {
    root = join(await tempDir('left-journals'), 'journal');
  });

  afterEach(async () => {
    await rm(root, { recursive: true, force: true });
  });

  it('finds nothing without a journal, and skips journals of running processes', async () => {
    expect(await inspectAbandonedJournals(root)).toEqual([]);
    const journal = await open();
    journal.append(aBatch('waits'));
    const found = await inspectAbandonedJournals(root).finally(() => journal.close());
    expect(found).toEqual([]);
  });

  it('counts unstored batches, and changes nothing', async () => {
    const journal = await open();
    journal.append(aBatch('a'));
    journal.append(aBatch('b'));
    const { path, bytes } = journal;
    await journal.close();
    const names = await readdir(path);
    expect(await inspectAbandonedJournals(root)).toEqual([
      { path, batches: 2, bytes, damaged: 0, damagedMessages: 0 },
    ]);
    await appendFile(join(path, '00000001.journal'), 'nonsense');
    expect(await inspectAbandonedJournals(root)).toMatchObject([
      { batches: 2, bytes: bytes + 8, damaged: 8 },
    ]);
    await truncate(join(path, '00000001.journal'), bytes - 1);
    expect(await inspectAbandonedJournals(root)).toMatchObject([{ batches: 1, damagedMessages: 1 }]);
    expect(await readdir(path)).toEqual(names);
  });

  it('counts the open batch', async () => {
    const journal = await open();
    journal.appendPart(aBatch('open'));
    const { path } = journal;
    await journal.close();
    expect(await inspectAbandonedJournals(root)).toMatchObject([{ path, batches: 1, damaged: 0 }]);
  });

  it('returns the reason why a journal of another version cannot be read', async () => {
    const path = join(root, UUID);
    await mkdir(path, { recursive: true });
    await writeFile(join(path, 'journal.json'), '{"format":99}');
    const [found] = await inspectAbandonedJournals(root);
    expect(found).toMatchObject({ path, batches: 0 });
    expect(found?.unreadable).toContain('has format 99');
  });
});
