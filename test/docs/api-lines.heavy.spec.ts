import { execFile, execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { TestDatabase } from '../support/databases.js';
import { SimulatedNetwork } from '../support/simulated-network.js';
import { tempDir } from '../support/temp-dir.js';
import { TestServer } from '../support/test-server.js';
import { shellLines } from './shell-lines.js';

const run = promisify(execFile);
/** Ends the output of a line: no answer has it. */
const SEPARATOR = '\x1e';

const tools = ['bash', 'curl', 'grep', 'date'].filter((tool) => !isThere(tool));

function isThere(tool: string): boolean {
  try {
    execFileSync(tool, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe('docs/api.md', () => {
  it.skipIf(tools.length > 0)(
    `has lines that work against the simulator${tools.length > 0 ? `: install ${tools.join(', ')}` : ''}`,
    { timeout: 120_000 },
    async () => {
      const lines = shellLines('docs/api.md');
      const peerId = lines.find((line) => line.startsWith('PEER='))?.slice('PEER='.length) ?? '';
      await using database = await TestDatabase.create();
      await using server = await TestServer.ready(database.url);
      expect(peerId).toBe(SimulatedNetwork.PEER);
      await using network = await SimulatedNetwork.play(server);
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
      const [answers, statuses] = [stdout, stderr].map((text) => text.split(SEPARATOR).slice(1));
      const empty: string[] = [];
      for (const [index, line] of script.entries()) {
        const status = statuses?.[index]?.trim();
        const answer = answers?.[index] ?? '';
        if (!line.includes('curl')) continue;
        const expected = line.includes('limit=many')
          ? '400'
          : line.includes('/network/Simnet')
            ? '409'
            : line.includes('DELETE')
              ? '204'
              : line.includes('Content-Type') && !line.includes('PATCH')
                ? '201'
                : '200';
        expect([line, status, answer.slice(0, 300)]).toEqual([line, expected, answer.slice(0, 300)]);
        if (line.startsWith('CURSOR=') || line.includes(' -o ') || expected === '204') continue;
        // Of the second that it asks for, nothing may be there.
        if (!line.includes('9 seconds ago') && answer === '[]') empty.push(line);
        expect(() => JSON.parse(answer) as unknown).not.toThrow();
      }
      expect(empty).toEqual([]);
      const [lined, table] = await Promise.all(
        ['messages.ndjson', 'messages.csv'].map((name) => readFile(resolve(cwd, name), 'utf8')),
      );
      expect(lined).toMatch(/^\{"id":\d+,.*\}\n$/s);
      expect(table).toMatch(/^id,ip_addr,.*\r\n$/s);
    },
  );
});
