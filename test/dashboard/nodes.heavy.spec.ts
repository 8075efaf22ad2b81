import { describe, expect, it } from 'vitest';
import { hasBrowser, type Look, type TestPage } from '../support/browser.js';
import { answerWith503, Dashboard, LIVE, LOOKS } from './dashboard.js';
import { FakeNode } from '../support/fake-node.js';
import { waitUntil } from '../support/wait-until.js';

const HOSTILE = '<img src=x onerror=alert(1)>';
const hash = (height: number): string => `0x${height.toString(16).padStart(64, '0')}`;

describe.skipIf(!hasBrowser)('the page of nodes', () => {
  it('shows the nodes of a chain with live changes, and hostile names as text', async () => {
    await using stage = await Stage.set();
    const [hostile, bob] = [await stage.node(HOSTILE, { authority: true }), await stage.node('bob')];
    await hostile.sendV1({ msg: 'block.import', best: hash(1_000), height: 1_000, origin: 'Own' });
    const shown = await stage.open();
    const { page } = shown;
    await row(shown, HOSTILE).getByText('1,000', { exact: true }).waitFor();
    expect(await row(shown, HOSTILE).innerText()).toContain('✓ yes');
    await page.getByText('Live', { exact: true }).waitFor();
    await bob.sendV1({ msg: 'block.import', best: hash(1_001), height: 1_001, origin: 'NetworkBroadcast' });
    await bob.sendV1({
      msg: 'system.interval',
      peers: 37,
      bandwidth_upload: 18_400,
      bandwidth_download: 2_000_000,
    });
    for (const text of ['1,001', '37', '18.4\u00a0kB/s', '2\u00a0MB/s', '0\u00a0ms']) {
      await row(shown, 'bob').getByText(text, { exact: true }).first().waitFor();
    }
    // One node is not believed alone.
    expect(await page.locator('.summary').innerText()).toContain('#1,000');
    await hostile.sendV1({
      msg: 'block.import',
      best: hash(1_001),
      height: 1_001,
      origin: 'NetworkBroadcast',
    });
    await page.locator('.summary').getByText('#1,001').waitFor();
    const sinceLast = page.locator('.summary dd').filter({ hasText: 'ago' });
    const before = await sinceLast.innerText();
    await expect.poll(() => sinceLast.innerText(), { timeout: 5_000 }).not.toBe(before);
    await stage.node('carol');
    await row(shown, 'carol').waitFor();
    await bob.close();
    await row(shown, 'bob').waitFor({ state: 'detached' });
    const link = row(shown, HOSTILE).getByRole('link');
    expect(await link.getAttribute('href')).toBe(
      `/dashboard/node/?peer_id=${encodeURIComponent(`Qm${HOSTILE}`)}&chain=name%3ATestnet`,
    );
    expect(shown.problems).toEqual([]);
  });

  it('sorts by keyboard, filters, and keeps both in the URL', async () => {
    await using stage = await Stage.set();
    for (const [name, peers] of [
      ['alice', 3],
      ['bob', 20],
      ['node-10', 7],
    ] as const) {
      const node = await stage.node(name);
      await node.sendV1({ msg: 'system.interval', peers });
    }
    const shown = await stage.open();
    const { page } = shown;
    await row(shown, 'bob').getByText('20', { exact: true }).waitFor();
    await expect.poll(() => names(shown)).toEqual(['alice', 'bob', 'node-10']);
    await page.getByRole('button', { name: 'Peers', exact: true }).focus();
    await page.keyboard.press('Enter');
    await expect.poll(() => names(shown)).toEqual(['alice', 'node-10', 'bob']);
    await page.keyboard.press('Enter');
    await expect.poll(() => names(shown)).toEqual(['bob', 'node-10', 'alice']);
    const head = page.getByRole('columnheader', { name: 'Peers' });
    expect(await head.getAttribute('aria-sort')).toBe('descending');
    await page.getByLabel('Filter').fill('NODE-');
    await expect.poll(() => names(shown)).toEqual(['node-10']);
    await expect.poll(() => new URL(page.url()).searchParams.get('q')).toBe('NODE-');
    await page.reload();
    await expect.poll(() => names(shown)).toEqual(['node-10']);
    await page.getByLabel('Filter').fill('');
    await expect.poll(() => names(shown)).toEqual(['bob', 'node-10', 'alice']);
    expect(shown.problems).toEqual([]);
  });

  it('remembers columns and pinned nodes', async () => {
    await using stage = await Stage.set();
    for (const name of ['alice', 'bob']) await stage.node(name);
    const shown = await stage.open();
    const { page } = shown;
    await expect.poll(() => names(shown)).toEqual(['alice', 'bob']);
    await page.getByRole('button', { name: 'Pin bob' }).click();
    await expect.poll(() => names(shown)).toEqual(['bob', 'alice']);
    await page.getByText('Columns', { exact: true }).click();
    await page.getByLabel('Upload').uncheck();
    await page.getByLabel('Best hash').check();
    await page.getByRole('columnheader', { name: 'Upload' }).waitFor({ state: 'detached' });
    await page.reload();
    await expect.poll(() => names(shown)).toEqual(['bob', 'alice']);
    await page.getByRole('columnheader', { name: 'Best hash' }).waitFor();
    expect(await page.getByRole('columnheader', { name: 'Upload' }).count()).toBe(0);
    expect(await page.getByRole('button', { name: 'Pin bob' }).getAttribute('aria-pressed')).toBe('true');
    // A column that is chosen comes with what was said before.
    const alice = await stage.node('zoe');
    await alice.sendV1({ msg: 'system.interval', peers: 1, bandwidth_upload: 5, bandwidth_download: 6 });
    await row(shown, 'zoe').getByText('6\u00a0B/s').waitFor();
    await page.getByText('Columns', { exact: true }).click();
    await page.getByLabel('Upload').check();
    await row(shown, 'zoe').getByText('5\u00a0B/s').waitFor();
    expect(shown.problems).toEqual([]);
  });

  it('shows current values in a column that was hidden', async () => {
    await using stage = await Stage.set();
    const alice = await stage.node('alice');
    const said = (peers: number, bandwidth_upload: number) => ({
      msg: 'system.interval',
      peers,
      bandwidth_upload,
      bandwidth_download: 1,
    });
    await alice.sendV1(said(7, 1));
    const shown = await stage.open();
    const { page } = shown;
    await row(shown, 'alice').getByText('7', { exact: true }).waitFor();
    await page.getByText('Columns', { exact: true }).click();
    const peers = page.getByRole('checkbox', { name: 'Peers' });
    await peers.uncheck();
    await page.getByRole('columnheader', { name: 'Peers' }).waitFor({ state: 'detached' });
    await alice.sendV1(said(8, 22));
    await row(shown, 'alice').getByText('22\u00a0B/s').waitFor();
    const bob = await stage.node('bob');
    await bob.sendV1(said(9, 33));
    await row(shown, 'bob').getByText('33\u00a0B/s').waitFor();
    // The server sends what changed in the last second again, whatever a page has.
    const hiddenAt = Date.now();
    let upload = 100;
    const isPassed = async (): Promise<boolean> => {
      await alice.sendV1(said(8, (upload += 1)));
      return Date.now() > hiddenAt + 1_500;
    };
    await waitUntil(isPassed, { what: 'a second and a half', everyMs: 200 });
    await row(shown, 'alice').getByText(`${upload.toString()}\u00a0B/s`).waitFor();
    await peers.check();
    await row(shown, 'alice').getByText('8', { exact: true }).waitFor();
    await row(shown, 'bob').getByText('9', { exact: true }).waitFor();
    expect(shown.problems).toEqual([]);
  });

  it('keeps the order of rows while one is hovered', async () => {
    await using stage = await Stage.set();
    const [alice, bob] = [await stage.node('alice'), await stage.node('bob')];
    await alice.sendV1({ msg: 'system.interval', peers: 1 });
    await bob.sendV1({ msg: 'system.interval', peers: 2 });
    const shown = await stage.open();
    const { page } = shown;
    await row(shown, 'bob').getByText('2', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Peers', exact: true }).click();
    await expect.poll(() => names(shown)).toEqual(['alice', 'bob']);
    await row(shown, 'bob').hover();
    await alice.sendV1({ msg: 'system.interval', peers: 9 });
    await row(shown, 'alice').getByText('9', { exact: true }).waitFor();
    expect(await names(shown)).toEqual(['alice', 'bob']);
    await page.getByRole('heading', { name: 'Nodes' }).hover();
    await expect.poll(() => names(shown)).toEqual(['bob', 'alice']);
    expect(shown.problems).toEqual([]);
  });

  it('renders visible rows only, and others on scroll', async () => {
    await using stage = await Stage.set();
    const node = await stage.node('node-000');
    for (let socket = 0; socket < 15; socket += 1) await stage.crowd(socket);
    const shown = await stage.open();
    const { page } = shown;
    const table = page.getByRole('table');
    await expect.poll(() => table.getAttribute('aria-rowcount')).toBe('302');
    expect((await names(shown)).length).toBeLessThan(60);
    await page.getByRole('region', { name: 'Nodes' }).focus();
    await page.keyboard.press('End');
    await row(shown, 'node-14-20').waitFor();
    expect((await names(shown)).length).toBeLessThan(60);
    await node.close();
    await expect.poll(() => table.getAttribute('aria-rowcount')).toBe('301');
    expect(shown.problems).toEqual([]);
  });

  it('continues after a reconnect and a change of the chain', async () => {
    await using stage = await Stage.set();
    const alice = await stage.node('alice');
    await stage.node('bob');
    await stage.node('carol', { chain: HOSTILE });
    const shown = await stage.open();
    const { page } = shown;
    await expect.poll(() => names(shown)).toEqual(['alice', 'bob']);
    // A line that is not there yet is not lost.
    await page.getByText('Live', { exact: true }).waitFor();
    await page.context().setOffline(true);
    await page.getByText('Connection lost.', { exact: false }).waitFor();
    await alice.close();
    await stage.node('dave');
    await page.context().setOffline(false);
    await expect.poll(() => names(shown), { timeout: 10_000 }).toEqual(['bob', 'dave']);
    await page.getByRole('combobox', { name: 'Chain' }).selectOption(`name:${HOSTILE}`);
    await expect.poll(() => names(shown)).toEqual(['carol']);
    expect(new URL(page.url()).searchParams.get('chain')).toBe(`name:${HOSTILE}`);
    expect(shown.problems.filter((problem) => !problem.includes('ERR_INTERNET_DISCONNECTED'))).toEqual([]);
  });

  it('distinguishes chains of the same name, and asks for a choice', async () => {
    await using stage = await Stage.set();
    const [one, two] = [hash(0xaa), hash(0xbb)].map((text) => text.replace('0x00000000', '0x12345678'));
    const other = two?.replace('0x12345678', '0xfedcba98');
    for (const [name, genesis_hash] of [
      ['alice', one],
      ['bob', other],
      ['carol', other],
    ]) {
      await stage.node(name ?? '', { genesis_hash });
    }
    const shown = await stage.open('?chain=Testnet');
    const { page } = shown;
    await page.getByText('Several chains are named Testnet. Choose one.').waitFor();
    // The browser tells of the answer that asks.
    expect(shown.problems.splice(0).filter((problem) => !problem.includes('409'))).toEqual([]);
    await shown.expectAccessible();
    await page.getByRole('link', { name: other ?? '' }).click();
    await expect.poll(() => names(shown)).toEqual(['bob', 'carol']);
    const choice = page.getByRole('combobox', { name: 'Chain' });
    expect(await choice.locator('option').allInnerTexts()).toEqual([
      'Testnet 0xfedcba98 (2)',
      'Testnet 0x12345678 (1)',
    ]);
    await choice.selectOption(one ?? '');
    await expect.poll(() => names(shown)).toEqual(['alice']);
    const dave = await stage.node('dave', { genesis_hash: one });
    await dave.sendV1({ msg: 'system.interval', peers: 5 });
    await row(shown, 'dave').getByText('5', { exact: true }).waitFor();
    expect(new URL(page.url()).searchParams.get('chain')).toBe(one);
    expect(shown.problems).toEqual([]);
  });

  it('marks duplicate peer ids and unconfirmed heights', async () => {
    await using stage = await Stage.set();
    for (const startup_time of ['1', '2']) {
      const twin = await stage.node('twin', { startup_time });
      await twin.sendV1({ msg: 'block.import', best: hash(7), height: 7, origin: 'Own' });
    }
    const bob = await stage.node('bob');
    await bob.sendV1({ msg: 'block.import', best: hash(7), height: 7, origin: 'Own' });
    const liar = await stage.node('liar');
    await liar.sendV1({ msg: 'block.import', best: hash(9), height: 9_007, origin: 'Own' });
    const shown = await stage.open();
    const { page } = shown;
    const twin = page.locator('tbody tr').filter({ hasText: 'twin' });
    await twin.getByText('duplicate').waitFor();
    await row(shown, 'liar').getByText('?', { exact: true }).waitFor();
    expect(await row(shown, 'bob').getByText('?', { exact: true }).count()).toBe(0);
    await page.locator('.summary').getByText('#7', { exact: true }).waitFor();
    await shown.expectAccessible();
    expect(shown.problems).toEqual([]);
  });

  it('truncates a long name, but not its mark', async () => {
    await using stage = await Stage.set();
    for (const startup_time of ['1', '2']) await stage.node(`twin-${'x'.repeat(40)}`, { startup_time });
    for (const look of [{}, { phone: true }]) {
      const { page } = await stage.open('', look);
      const mark = page.locator('tbody th').getByText('duplicate');
      await mark.waitFor();
      const [inside, cell] = [await mark.boundingBox(), await page.locator('tbody th').boundingBox()];
      expect((inside?.x ?? Infinity) + (inside?.width ?? 0)).toBeLessThanOrEqual(
        (cell?.x ?? 0) + (cell?.width ?? 0),
      );
      await page.getByRole('link', { name: 'twin-' }).waitFor();
    }
  });

  it('shows hints if there are no nodes or the server fails', async () => {
    await using stage = await Stage.set();
    const shown = await stage.open();
    await shown.page.getByText('No connected nodes.').waitFor();
    expect(await shown.page.locator('code').innerText()).toContain('--telemetry-url');
    await shown.expectAccessible();
    await answerWith503(shown.page, '**/network', 'No database.');
    await shown.page.reload();
    await shown.page.getByRole('alert').getByText('No database.').waitFor();
    await shown.page.unroute('**/network');
    await stage.node('alice');
    await shown.page.getByRole('button', { name: 'Try again' }).click();
    await expect.poll(() => names(shown)).toEqual(['alice']);
  });

  it('is accessible in light and dark and on a phone, within 150 kB', async () => {
    await using stage = await Stage.set();
    await stage.node(HOSTILE, { authority: true, version: 'v'.repeat(300) });
    await stage.node('bob');
    expect(await stage.dashboard.assets.compressedBytes()).toBeLessThan(150_000);
    for (const look of LOOKS) {
      const shown = await stage.open('', look);
      await row(shown, 'bob').waitFor();
      await shown.page.getByRole('button', { name: 'Pin bob' }).click();
      await shown.page.getByText('Columns', { exact: true }).click();
      await shown.expectAccessible();
    }
  });
});

const row = (shown: TestPage, name: string) =>
  shown.page.locator('tbody tr').filter({ has: shown.page.getByRole('rowheader', { name, exact: true }) });

const names = (shown: TestPage): Promise<string[]> => shown.page.getByRole('rowheader').allInnerTexts();

/** The page, and nodes as they are wanted. */
class Stage implements AsyncDisposable {
  private constructor(readonly dashboard: Dashboard) {}

  static async set(): Promise<Stage> {
    return new Stage(await Dashboard.open(['.'], LIVE));
  }

  /** One that is stored: pages look for chains seldom. */
  async node(name: string, more: object = {}): Promise<FakeNode> {
    const node = await FakeNode.connect(this.dashboard.server.ws);
    await node.sendConnected({ network_id: `Qm${name}`, name, chain: 'Testnet', ...more });
    const sql = 'SELECT FROM peer_connections WHERE name = $1';
    await waitUntil(async () => (await this.dashboard.database.query(sql, [name])).length > 0, {
      what: name,
    });
    return node;
  }

  /** Twenty nodes on one socket. */
  async crowd(socket: number): Promise<void> {
    const node = await FakeNode.connect(this.dashboard.server.ws);
    for (let id = 1; id <= 20; id += 1) {
      const name = `node-${socket.toString().padStart(2, '0')}-${id.toString().padStart(2, '0')}`;
      await node.sendConnected({ network_id: `Qm${name}`, name, chain: 'Testnet', genesis_hash: null }, id);
    }
  }

  open(query = '', look: Look = {}): Promise<TestPage> {
    return this.dashboard.page(query, look);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dashboard[Symbol.asyncDispose]();
  }
}
