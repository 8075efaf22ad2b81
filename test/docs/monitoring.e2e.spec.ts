import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { TestDatabase } from '../support/databases.js';
import { FakeNode } from '../support/fake-node.js';
import { TestServer } from '../support/test-server.js';
import { waitUntil } from '../support/wait-until.js';
import { shellLines } from './shell-lines.js';

const missing = ['bash', 'curl', 'jq'].filter((tool) => spawnSync(tool, ['--version']).status !== 0);
if (missing.length > 0) {
  console.warn(`The checks of docs/monitoring.md are not tested: apt-get install -y ${missing.join(' ')}.`);
}

const PEER = 'QmWatched';
const hash = (height: number): string => `0x${height.toString(16).padStart(64, '0')}`;

describe.skipIf(missing.length > 0)('the checks of docs/monitoring.md', () => {
  it('fail if a node is offline, or finality or block production stalls', async () => {
    const lines = shellLines('docs/monitoring.md').filter((line) => line.startsWith('test '));
    expect(lines).toHaveLength(3);
    const [online = '', finality = '', blocks = ''] = lines;
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, { CACHE_UPDATE_INTERVAL_MS: '50' });
    const succeeds = async (line: string): Promise<boolean> => {
      const env = { PATH: process.env.PATH, API: server.http, PEER };
      const [code] = (await once(spawn('bash', ['-c', line], { env, stdio: 'ignore' }), 'close')) as [number];
      return code === 0;
    };
    const until = (line: string, expected: boolean): Promise<unknown> =>
      waitUntil(async () => (await succeeds(line)) === expected, { what: `${String(expected)}: ${line}` });

    expect(await succeeds(online)).toBe(false);
    const node = await FakeNode.connect(server.ws);
    await node.sendConnected({ network_id: PEER, chain: 'Watched', genesis_hash: hash(0) });
    await node.sendV1({ msg: 'block.import', best: hash(100), height: 100, origin: 'NetworkBroadcast' });
    await node.sendV1({ msg: 'notify.finalized', best: hash(80), height: '80' });
    const heights = async (): Promise<unknown> => (await server.get('/network')).json();
    await waitUntil(
      async () => {
        expect(await heights()).toMatchObject([{ best_height: 100, finalized_height: 80 }]);
        return true;
      },
      { what: 'the heights' },
    );
    for (const line of lines) await until(line, true);

    await node.sendV1({ msg: 'block.import', best: hash(101), height: 101, origin: 'NetworkBroadcast' });
    await until(finality, false);
    expect(await succeeds(blocks)).toBe(true);
    expect(blocks).toContain('< 120');
    expect(await succeeds(blocks.replace('< 120', '< 0'))).toBe(false);
    await node.close();
    await until(online, false);
  });
});
