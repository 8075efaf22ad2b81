import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { TestDatabase } from '../support/databases.js';
import { ReadmeNetwork } from '../support/readme-network.js';
import { tempDir } from '../support/temp-dir.js';
import { TestServer } from '../support/test-server.js';
import { waitUntil } from '../support/wait-until.js';
import { MISSING, missingTools, runCommands } from './documented-commands.js';
import { shellLines } from './shell-lines.js';

/** The status of the first matching pattern; otherwise 200. */
const EXPECTED_STATUSES = [
  [/limit=many/, '400'],
  [/\/network\/Simnet/, '409'],
  [/DELETE|OPTIONS/, '204'],
  [/PATCH/, '200'],
  [/Content-Type/, '201'],
] as const;

/** Waits until the first chain has statistics of blocks: after two passes of the aggregation. */
async function hasBlocks(server: TestServer): Promise<void> {
  const blocks = async (): Promise<number> => {
    const [chain] = (await (await server.get('/network')).json()) as { network: string }[];
    const path = `/chains/${encodeURIComponent(chain?.network ?? '')}/blocks`;
    return ((await (await server.get(path)).json()) as unknown[]).length;
  };
  await waitUntil(blocks, { what: 'statistics of blocks', timeoutMs: 60_000, everyMs: 500 });
}

describe('docs/api.md', () => {
  it.skipIf(missingTools.length > 0)(
    `commands succeed against a simulated network${MISSING}`,
    { timeout: 120_000 },
    async () => {
      const lines = shellLines('docs/api.md');
      const peerId = lines.find((line) => line.startsWith('PEER='))?.slice('PEER='.length) ?? '';
      await using database = await TestDatabase.create();
      await using server = await TestServer.ready(database.url);
      expect(peerId).toBe(ReadmeNetwork.PEER);
      await using network = await ReadmeNetwork.play(server);
      expect(network).toBeDefined();
      await hasBlocks(server);
      const cwd = await tempDir('api-docs');
      const empty: string[] = [];
      for (const { line, status, body } of await runCommands(lines, server, cwd)) {
        const expected = EXPECTED_STATUSES.find(([pattern]) => pattern.test(line))?.[1] ?? '200';
        expect([line, status, body.slice(0, 300)]).toEqual([line, expected, body.slice(0, 300)]);
        if (line.startsWith('CURSOR=') || line.includes(' -o ') || expected === '204') continue;
        // This time range may be empty, a new server has no gaps, and its nodes are well.
        if (!/9 seconds ago|\/gaps|status=/.test(line) && body === '[]') empty.push(line);
        expect(() => JSON.parse(body) as unknown).not.toThrow();
      }
      expect(empty).toEqual([]);
      const [ndjson, csv] = await Promise.all(
        ['messages.ndjson', 'messages.csv'].map((name) => readFile(resolve(cwd, name), 'utf8')),
      );
      expect(ndjson).toMatch(/^\{"id":\d+,.*\}\n$/s);
      expect(csv).toMatch(/^id,ip_addr,.*\r\n$/s);
    },
  );
});
