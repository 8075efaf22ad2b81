import { rm } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { tempDir } from '../../test/support/temp-dir.js';
import { EmbeddedPostgresServer, findEmbeddedPostgres } from './index.js';

it('finds the PostgreSQL of a data directory, and whether it runs', { timeout: 60_000 }, async () => {
  const dataDir = await tempDir('find-postgres');
  expect(await findEmbeddedPostgres(dataDir)).toBeUndefined();
  const logger = { log: () => undefined, warn: () => undefined };
  const server = await EmbeddedPostgresServer.start({ dataDir, logger });
  const running = await findEmbeddedPostgres(dataDir).finally(() => server.stop());
  expect(running?.url).toBe(server.url);
  expect(await findEmbeddedPostgres(dataDir)).toEqual({ cluster: running?.cluster, url: undefined });
  await rm(dataDir, { recursive: true });
});
