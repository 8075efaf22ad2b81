import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PACKAGE_VERSION } from '../../src/platform/config/index.js';
import { hasBrowser, TestBrowser } from '../support/browser.js';
import { TestDatabase } from '../support/databases.js';
import { FakeNode } from '../support/fake-node.js';
import { freePort } from '../support/free-port.js';
import { ROOT } from '../support/markdown.js';
import { metric } from '../support/metrics.js';
import { INSTALL_QUIETLY, pack } from '../support/packed.js';
import { ServerProcess } from '../support/server-process.js';
import { tempDir } from '../support/temp-dir.js';
import { waitUntil } from '../support/wait-until.js';

const run = promisify(execFile);
const TOKEN = 'a-token-of-the-test';
/** Of the genesis block of the chain that forks. */
const HASH = `0x${'91'.repeat(32)}`;
const hash = (byte: string): string => `0x${byte.repeat(32)}`;

/** The example on the packed package, as a team would have it: installed and compiled outside of this project. */
let folder: string;

beforeAll(async () => {
  folder = await tempDir('example');
  const example = join(ROOT, 'examples/fork-watch');
  for (const name of await readdir(example)) {
    if (!['node_modules', 'dist'].includes(name))
      await cp(join(example, name), join(folder, name), { recursive: true });
  }
  await run('npm', ['install', ...INSTALL_QUIETLY, await pack(folder)], { cwd: folder });
}, 240_000);

afterAll(async () => await rm(folder, { recursive: true, force: true }));

it('the package has a client and a command line', async () => {
  const script = `import { createAnalyticsClient } from 'tetcore-analytics/client'; console.log(typeof createAnalyticsClient)`;
  const client = await run('node', ['--input-type=module', '--eval', script], { cwd: folder });
  expect(client.stdout).toBe('function\n');
  const command = await run('npx', ['--no-install', 'tetcore-analytics', '--version'], { cwd: folder });
  expect(command.stdout.trim()).toBe(PACKAGE_VERSION);
});

describe('the example module', () => {
  it('passes its own tests, on a database of their own', { timeout: 180_000 }, async () => {
    const { stdout } = await run('npm', ['test'], { cwd: folder, env: { ...process.env, NO_COLOR: '1' } });
    expect(stdout).toMatch(/Tests +6 passed \(6\)/);
  });

  it(
    'compiles against the types of the package, also where libraries are checked',
    { timeout: 180_000 },
    async () => {
      await run('npm', ['run', 'build', '--', '--skipLibCheck', 'false'], { cwd: folder });
      expect(await readdir(join(folder, 'dist'))).toContain('main.js');
    },
  );

  it(
    'finds forks across two servers, once, and tells the webhook, a route and metrics',
    { timeout: 120_000 },
    async () => {
      await using database = await TestDatabase.create();
      await using webhook = await Receiver.start();
      const environment = { FORK_WEBHOOK_URL: webhook.url };
      await using first = await start(database.url, environment);
      await using second = await start(database.url, environment);

      const [alice, bob, carol] = await Promise.all(
        [first, second, second].map(async ({ ws }, n) => {
          const node = await FakeNode.connect(ws);
          // Of one name: the third is on another chain.
          const genesis_hash = n === 2 ? hash('b0') : HASH;
          await node.sendV1({
            msg: 'system.connected',
            chain: 'Polkadot',
            genesis_hash,
            network_id: `12D3Koo${n}`,
          });
          return node;
        }),
      );
      for (const height of [1, 2, 3]) {
        const same = { msg: 'block.import', best: hash('0' + height.toString()), height, origin: 'Own' };
        for (const node of [alice, bob, carol]) await node?.sendV1(same);
      }
      // Of another chain, of another kind, and what is no block at all.
      await carol?.sendV1({ msg: 'block.import', best: hash('cc'), height: 4, origin: 'Own' });
      await bob?.sendV1({ msg: 'notify.finalized', best: hash('cc'), height: '4' });
      await bob?.sendV1({ msg: 'block.import', best: 'none', height: -1, origin: 'Own' });
      await alice?.sendV1({ msg: 'block.import', best: hash('aa'), height: 4, origin: 'Own' });
      await bob?.sendV1({ msg: 'block.import', best: hash('bb'), height: 4, origin: 'Own' });
      const forked = { chainKey: HASH, chain: 'Polkadot', kind: 'best', height: '4' };
      await waitUntil(() => webhook.bodies.length > 0, { what: 'the webhook to be told', timeoutMs: 20_000 });
      await bob?.sendV1({ msg: 'notify.finalized', best: hash('dd'), height: '4' });
      await waitUntil(() => webhook.bodies.length > 1, {
        what: 'the webhook to be told again',
        timeoutMs: 20_000,
      });
      expect(webhook.bodies).toMatchObject([forked, { ...forked, kind: 'finalized' }]);

      const headers = { Authorization: `Bearer ${TOKEN}` };
      expect((await fetch(`${first.http}/forks`)).status).toBe(401);
      const answer = await fetch(`${first.http}/forks?limit=1`, { headers });
      expect(await answer.json()).toMatchObject([
        {
          chain_key: HASH,
          chain: 'Polkadot',
          kind: 'finalized',
          height: 4,
          hashes: [hash('cc'), hash('dd')],
        },
      ]);
      const wrong = await fetch(`${first.http}/forks?limit=0`, { headers });
      expect(await wrong.json()).toMatchObject({ detail: 'limit must not be less than 1.' });
      const { paths } = (await (await fetch(`${first.http}/openapi.json`)).json()) as { paths: object };
      expect(paths).toHaveProperty('/forks.get.operationId', 'listForks');

      const total = async (name: string, labels: string): Promise<number> => {
        const texts = [first, second].map(async ({ http }) => await (await fetch(`${http}/metrics`)).text());
        return (await Promise.all(texts)).reduce(
          (sum, text) => sum + (metric(text, name).get(labels) ?? 0),
          0,
        );
      };
      expect(await total('fork_watch_forks_total', 'kind="best"')).toBe(1);
      await expect.poll(() => total('fork_watch_webhooks_total', 'outcome="posted"')).toBe(2);
      const handled = 'stage="ForkHook",outcome="handled"';
      await expect.poll(() => total('tetcore_stage_messages_total', handled)).toBe(18);
      expect(await Promise.all([first.end('SIGTERM'), second.end('SIGTERM')])).toEqual([0, 0]);
    },
  );

  it.skipIf(!hasBrowser)(
    'has a page in the navigation of the dashboards, with the request for a token that they have',
    { timeout: 120_000 },
    async () => {
      await using database = await TestDatabase.create();
      await using server = await start(database.url);
      expect(await (await fetch(`${server.http}/dashboard/pages.json`)).json()).toEqual([
        { title: 'Forks', path: '/dashboard/forks/' },
      ]);
      await database.query(
        `INSERT INTO fork_watch_forks (chain_key, chain, kind, height, hashes) VALUES ('name:<b>Polkadot', '<b>Polkadot', 'best', 4, $1)`,
        [[hash('aa'), hash('bb')]],
      );
      await using browser = await TestBrowser.launch();
      const shown = await browser.open(`${server.http}/dashboard/logs/`);
      await shown.page.getByRole('link', { name: 'Forks' }).click();
      await shown.page.getByLabel('Token').fill(TOKEN);
      await shown.page.keyboard.press('Enter');
      const rows = shown.page.getByRole('table').locator('tbody tr');
      await expect.poll(() => rows.count()).toBe(1);
      expect(await rows.first().innerText()).toContain('<b>Polkadot');
      const link = shown.page.getByRole('link', { name: 'Forks' });
      expect(await link.getAttribute('aria-current')).toBe('page');
      await shown.page.context().close();
    },
  );
});

/** The example, as it was compiled, on a port and in a folder of its own. */
async function start(databaseUrl: string, environment: Record<string, string> = {}): Promise<ServerProcess> {
  const DATA_DIR = await mkdtemp(join(folder, 'data-'));
  return await ServerProcess.ready(
    await freePort(),
    { DATABASE_URL: databaseUrl, DATA_DIR, API_TOKENS: `read:${TOKEN}`, ...environment },
    join(folder, 'dist/main.js'),
  );
}

/** A web server that notes down what is posted to it. */
class Receiver implements AsyncDisposable {
  readonly bodies: unknown[] = [];
  private readonly server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (part: string) => (text += part));
    request.on('end', () => {
      this.bodies.push(JSON.parse(text));
      response.writeHead(204).end();
    });
  });

  static async start(): Promise<Receiver> {
    const receiver = new Receiver();
    receiver.server.listen(0, '127.0.0.1');
    await once(receiver.server, 'listening');
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port.toString()}/`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}
