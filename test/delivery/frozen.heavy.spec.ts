import { rm } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { tempDir } from '../support/temp-dir.js';
import { playFrozenRounds } from './frozen/frozen-rounds.js';
import { withoutNamespaces } from './frozen/contained-server.js';

const reason = await withoutNamespaces();

it('a second container cannot use the files of a frozen one', { timeout: 600_000 }, async (context) => {
  // `npm run test:freeze` plays more of it, and longer.
  if (reason !== undefined) context.skip(reason);
  const dataDir = await tempDir('frozen');
  try {
    const result = await playFrozenRounds({ dataDir, rounds: 2, frozenMs: 2_000 });
    expect(result).toMatchObject({ missing: 0, twice: 0, problems: [] });
    expect(result.sent).toBe(250);
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
});
