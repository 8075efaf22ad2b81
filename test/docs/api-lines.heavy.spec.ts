import { execFile, execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { TestDatabase } from '../support/databases.js';
import { ReadmeNetwork } from '../support/readme-network.js';
import { tempDir } from '../support/temp-dir.js';
import { TestServer } from '../support/test-server.js';
import { shellLines } from './shell-lines.js';

const run = promisify(execFile);
/** Ends the output of a line. It does not occur in responses. */
const SEPARATOR = '\x1e';

/** The status of the first matching pattern; otherwise 200. */
const EXPECTED_STATUSES = [
  [/limit=many/, '400'],
  [/\/network\/Simnet/, '409'],
  [/DELETE/, '204'],
  [/PATCH/, '200'],
  [/Content-Type/, '201'],
] as const;

const missingTools = ['bash', 'curl', 'grep', 'date'].filter((tool) => !isInstalled(tool));

function isInstalled(tool: string): boolean {
  try {
    execFileSync(tool, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe('docs/api.md', () => {
  it.skipIf(missingTools.length > 0)(
    `commands succeed against a simulated network${missingTools.length > 0 ? `: install ${missingTools.join(', ')}` : ''}`,
    { timeout: 120_000 },
    async () => {
      const lines = shellLines('docs/api.md');
      const peerId = lines.find((line) => line.startsWith('PEER='))?.slice('PEER='.length) ?? '';
      await using database = await TestDatabase.create();
      await using server = await TestServer.ready(database.url);
      expect(peerId).toBe(ReadmeNetwork.PEER);
      await using network = await ReadmeNetwork.play(server);
      expect(network).toBeDefined();
      const script = lines.map((line) => (line.startsWith('API=') ? `API=${server.http}` : line));
      const cwd = await tempDir('api-docs');
      const { stdout, stderr } = await run(
        'bash',
        [
          '-e',
          '-o',
          'pipefail',
          '-c',
          ['curl() { command curl -sS -w "%{stderr}%{http_code} " "$@"; }', ...script]
            .map((line) => `${line}\nprintf '${SEPARATOR}'; printf '${SEPARATOR}' >&2`)
            .join('\n'),
        ],
        { cwd, maxBuffer: 64 * 1024 ** 2 },
      );
      const [bodies, statuses] = [stdout, stderr].map((text) => text.split(SEPARATOR).slice(1));
      const empty: string[] = [];
      for (const [index, line] of script.entries()) {
        const status = statuses?.[index]?.trim();
        const body = bodies?.[index] ?? '';
        if (!line.includes('curl')) continue;
        const expected = EXPECTED_STATUSES.find(([pattern]) => pattern.test(line))?.[1] ?? '200';
        expect([line, status, body.slice(0, 300)]).toEqual([line, expected, body.slice(0, 300)]);
        if (line.startsWith('CURSOR=') || line.includes(' -o ') || expected === '204') continue;
        // This time range may be empty.
        if (!line.includes('9 seconds ago') && body === '[]') empty.push(line);
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
