import { describe, expect, it } from 'vitest';
import { hasBrowser, TestBrowser } from '../support/browser.js';
import { Dashboard, LOOKS } from './dashboard.js';
import { DashboardAssets } from './dashboard-assets.js';
import { TestDatabase } from '../support/databases.js';
import { FakeNode } from '../support/fake-node.js';
import { TestServer } from '../support/test-server.js';
import { waitUntil } from '../support/wait-until.js';

const HOSTILE = '<img src=x onerror=alert(1)>';
const PEER = '12D3KooWNodeWithAHistory';
const INTERVALS = 300;

describe.skipIf(!hasBrowser)('the page of a node', () => {
  it('shows sessions, end reasons, charts and hardware accessibly, on a phone and in dark mode', async () => {
    await using database = await TestDatabase.create();
    await using assets = await DashboardAssets.build('node');
    const environment = { ASSETS_PATH: assets.path };
    // The first server is stopped while the node is connected: what follows is not the node's fault.
    await using first = await TestServer.ready(database.url, environment);
    await history(first);
    await first.stop();
    await using server = await TestServer.ready(database.url, environment);
    const node = await connected(server);
    await node.sendV1({ msg: 'sysinfo.hwbench', cpu_hashrate_score: 946, memory_memcpy_score: HOSTILE });
    await stored(database, 3 + 2 * INTERVALS + 1);
    await using browser = await TestBrowser.launch();
    expect(await assets.compressedBytes()).toBeLessThan(150_000);

    for (const look of LOOKS) {
      const shown = await browser.open(`${server.http}/dashboard/node/?peer_id=${PEER}`, look);
      const { page } = shown;
      await page.getByRole('heading', { name: HOSTILE }).waitFor();
      const rows = page.getByRole('region', { name: 'Sessions' }).locator('tbody tr');
      await expect.poll(() => rows.count()).toBe(3);
      expect(await rows.nth(0).innerText()).toContain('Open');
      expect(await rows.nth(1).innerText()).toContain('Server stopped');
      expect(await rows.nth(2).innerText()).toContain('Closed by the node (1000)');
      await page.getByText('of the known time', { exact: false }).first().waitFor();
      expect(await page.locator('.timeline .unknown').count()).toBeGreaterThan(0);
      const titles = page.locator('.chart > figcaption');
      await expect
        .poll(() => titles.allInnerTexts())
        .toEqual([
          'Height (blocks)',
          'Finality lag (blocks)',
          'Peers',
          'Bandwidth',
          'Transaction pool (ready transactions)',
        ]);
      const lag = page.locator('.chart').nth(1);
      await lag.getByText('As a table').click();
      // A lag that lasted for a single message is not lost on the way.
      await expect.poll(() => lag.locator('tbody tr').count()).toBeGreaterThan(20);
      const benchmark = page.getByRole('region', { name: 'Hardware benchmark' });
      expect(await benchmark.innerText()).toContain('946');
      await page.getByText('AMD EPYC', { exact: false }).waitFor();
      await shown.expectAccessible();
      await page.context().close();
    }
  });

  it('lists open connections of a duplicate peer id, and its chains', async () => {
    await using dashboard = await Dashboard.open(['node']);
    const { server } = dashboard;
    const genesis_hash = `0x${'ab'.repeat(32)}`;
    const said = { network_id: PEER, chain: 'Here', genesis_hash };
    const elsewhere = await FakeNode.connect(server.ws);
    await elsewhere.sendConnected({ ...said, name: 'elsewhere', chain: HOSTILE, genesis_hash: null });
    await stored(dashboard.database, 1);
    for (const name of ['one', 'two']) {
      const node = await FakeNode.connect(server.ws);
      await node.sendConnected({ ...said, name });
    }
    await stored(dashboard.database, 3);
    const shown = await dashboard.page(`node/?peer_id=${PEER}&chain=${genesis_hash}`);
    const { page } = shown;
    const open = page.getByRole('region', { name: 'Open connections' }).locator('tbody tr');
    await expect.poll(() => open.getByRole('rowheader').allInnerTexts()).toEqual(['two', 'one']);
    await page.getByText(', 2 open connections').waitFor();
    await shown.expectAccessible();
    await page.getByRole('link', { name: HOSTILE }).click();
    await page.getByRole('heading', { name: `elsewhere, ${HOSTILE}` }).waitFor();
    expect(new URL(page.url()).searchParams.get('chain')).toBe(`name:${HOSTILE}`);
    await page.getByRole('link', { name: 'Here 0xabababab' }).waitFor();
    expect(await page.getByRole('region', { name: 'Open connections' }).count()).toBe(0);
    await expect
      .poll(() => page.getByRole('region', { name: 'Sessions' }).locator('tbody tr').count())
      .toBe(1);
    expect(shown.problems).toEqual([]);
  });

  it('follows the last message of a connected node', async () => {
    await using dashboard = await Dashboard.open(['node']);
    const node = await connected(dashboard.server);
    await stored(dashboard.database, 1);
    const { page } = await dashboard.page(`node/?peer_id=${PEER}`);
    const last = page.locator('.facts div', { hasText: 'Last message' }).locator('time');
    const before = Date.parse((await last.getAttribute('datetime')) ?? '');
    await node.sendV1({ msg: 'txpool.import' });
    await expect
      .poll(async () => Date.parse((await last.getAttribute('datetime')) ?? ''), { timeout: 25_000 })
      .toBeGreaterThan(before);
  });

  it('keeps the time range in the URL, and shows hints if there is no data', async () => {
    await using dashboard = await Dashboard.open(['node']);
    await connected(dashboard.server);
    await stored(dashboard.database, 1);
    const { page, problems } = await dashboard.page('node/');
    await page.getByText('Choose a node.').waitFor();
    await page.getByLabel('Node', { exact: true }).fill(HOSTILE);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: HOSTILE }).waitFor();
    await page.getByText('No system.interval messages in this time range.').waitFor();
    await page.getByText('This node has sent no hardware benchmark', { exact: false }).waitFor();
    await page.getByLabel('Time', { exact: true }).selectOption('');
    await page.getByLabel('From', { exact: true }).fill('2020-01-01T10:00:00');
    await page.getByLabel('To (empty: now)').fill('2020-01-01T12:00:00');
    await page.keyboard.press('Enter');
    await page.getByText('No connections in this time range.').waitFor();
    // The browser of the test lives in Berlin.
    const query = new URL(page.url()).searchParams;
    expect([query.get('from'), query.get('to')]).toEqual([
      '2020-01-01T09:00:00.000Z',
      '2020-01-01T11:00:00.000Z',
    ]);
    await page.reload();
    await page.getByText('No data for this time range.').waitFor();
    expect(problems).toEqual([]);
    await page.goto(
      `${dashboard.server.http}/dashboard/node/?peer_id=${encodeURIComponent(`${HOSTILE}/..`)}`,
    );
    await page.getByText('No node with this peer id has ever connected.').waitFor();
  });
});

async function connected(server: TestServer): Promise<FakeNode> {
  const node = await FakeNode.connect(server.ws);
  const sysinfo = { cpu: `AMD EPYC ${HOSTILE}`, memory: 67_334_475_776, core_count: 24 };
  await node.sendConnected({ network_id: PEER, name: HOSTILE, target_os: 'linux', sysinfo });
  return node;
}

/** Two sessions, in which the node tells of the last 50 minutes, with a gap of ten. */
async function history(server: TestServer): Promise<void> {
  const closing = await connected(server);
  await closing.close();
  const node = await connected(server);
  const begin = Date.now() - 50 * 60_000;
  for (let at = 0; at < INTERVALS; at += 1) {
    const ts = new Date(begin + at * 8_000 + (at > 150 ? 600_000 : 0)).toISOString();
    const height = 1_000 + at;
    const finalized_height = height - (at === 77 ? 40 : 2);
    await node.sendV1({ msg: 'system.interval', height, finalized_height, txcount: at % 7 }, ts);
    const bandwidth = { bandwidth_download: 18_000 + at, bandwidth_upload: 21_000 };
    await node.sendV1({ msg: 'system.interval', peers: 30 + (at % 5), ...bandwidth }, ts);
  }
}

async function stored(database: TestDatabase, count: number): Promise<void> {
  const rows = async (): Promise<number> => (await database.query('SELECT FROM tetcore_logs')).length;
  await waitUntil(async () => (await rows()) === count, { what: `${count.toString()} messages` });
}
