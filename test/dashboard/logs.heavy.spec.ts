import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasBrowser, type Look, type TestPage } from '../support/browser.js';
import { answerWith503, Dashboard, expectSaved, LIVE, LOOKS } from './dashboard.js';
import type { FakeNode } from '../support/fake-node.js';
import { waitUntil } from '../support/wait-until.js';

const HOSTILE = '<img src=x onerror=alert(1)>';
const PEER = '12D3KooWLogsOfThisNode';
const MAX_UINT64 = 18_446_744_073_709_551_615n;

describe.skipIf(!hasBrowser)('the page of logs', () => {
  describe('with messages of a hostile node', () => {
    let logs: LogsPage;

    beforeAll(async () => {
      logs = await LogsPage.create(async (node) => {
        for (let at = 0; at < 250; at += 1) {
          await node.sendV1({ msg: 'block.import', height: at, origin: at % 2 === 0 ? 'Own' : HOSTILE });
        }
        await node.sendV1({
          msg: 'tracing.profiling',
          target: HOSTILE,
          span_id: MAX_UINT64,
          values: { deep: [MAX_UINT64] },
        });
      }, 252);
    });

    afterAll(() => logs[Symbol.asyncDispose]());

    it('escapes messages of a hostile node', async () => {
      const { page, problems } = await logs.open();
      const first = page.locator('ol.messages > li').first();
      await first.locator('summary').first().click();
      await expect.poll(() => first.innerText()).toContain(HOSTILE);
      expect(problems).toEqual([]);
    });

    it('keeps 64-bit integers exact', async () => {
      const { page, problems } = await logs.open();
      const first = page.locator('ol.messages > li').first();
      await first.locator('summary').first().click();
      await page.getByText('span_id: 18446744073709551615', { exact: false }).waitFor();
      await first.getByText('values', { exact: true }).click();
      await first.getByText('deep', { exact: true }).click();
      await first.getByText('0: 18446744073709551615').waitFor();
      expect(problems).toEqual([]);
    });

    it('loads older messages on scroll', async () => {
      const { page, problems } = await logs.open();
      const items = page.locator('ol.messages > li');
      await expect.poll(() => items.count()).toBe(100);
      await page.getByRole('button', { name: 'Older messages' }).scrollIntoViewIfNeeded();
      await waitUntil(
        async () => {
          await page.mouse.wheel(0, 20_000);
          return (await items.count()) === 252;
        },
        { what: 'all messages', timeoutMs: 10_000, everyMs: 100 },
      );
      await page.getByText('There are no older messages.').waitFor();
      expect(problems).toEqual([]);
    });
  });

  it('filters by type, target and time, keeps filters in the URL, and exports results', async () => {
    await using logs = await LogsPage.create(async (node) => {
      for (const height of [1, 2, 3]) await node.sendV1({ msg: 'block.import', height, origin: 'Own' });
      await node.sendV1({ msg: 'block.import', height: 4, origin: 'NetworkInitialSync' });
      await node.sendV1({ msg: 'txpool.import', ready: 1, future: 0 });
    }, 6);
    const { page, problems } = await logs.open();
    const items = page.locator('ol.messages > li');
    await expect.poll(() => items.count()).toBe(6);
    await page.getByLabel('Type').selectOption('block.import');
    await expect.poll(() => items.count()).toBe(4);
    await page.getByLabel('Target or origin').fill('Own');
    await page.keyboard.press('Enter');
    await expect.poll(() => items.count()).toBe(3);
    await page.getByLabel('Time', { exact: true }).selectOption('15m');
    await expect.poll(() => new URL(page.url()).searchParams.get('last')).toBe('15m');
    await page.reload();
    await expect.poll(() => items.count()).toBe(3);
    await page.goBack();
    await expect.poll(() => new URL(page.url()).searchParams.get('last')).toBe(null);
    await expectSaved(page, `block.import-${PEER}`, 3);
    await page.getByLabel('Target or origin').fill('nowhere');
    await page.keyboard.press('Enter');
    await page.getByText('No matching messages.').waitFor();
    expect(problems).toEqual([]);
  });

  it('follows a node live, and reconnects', async () => {
    await using logs = await LogsPage.create(
      (node) => node.sendV1({ msg: 'block.import', height: 1, origin: 'Own' }),
      2,
    );
    const { page } = await logs.open();
    const items = page.locator('ol.messages > li');
    await expect.poll(() => items.count()).toBe(2);
    await page.getByLabel('Follow live').check();
    await page.getByText('Live', { exact: true }).waitFor();
    await logs.node.sendV1({ msg: 'block.import', height: 2, origin: HOSTILE });
    await expect.poll(() => items.first().innerText()).toContain('height=2');
    await page.context().setOffline(true);
    await page.getByText('Connection lost.', { exact: false }).waitFor();
    await logs.node.sendV1({ msg: 'block.import', height: 3, origin: 'Own' });
    await page.context().setOffline(false);
    await page.getByText('Live', { exact: true }).waitFor();
    await expect.poll(() => items.first().innerText()).toContain('height=3');
    expect(await items.count()).toBe(4);
  });

  it('orders live messages by created_at, newest first, also after a reconnect', async () => {
    const start = Date.now() - 300_000;
    const at = (second: number): string => new Date(start + second * 1000).toISOString();
    const block = (height: number) => ({ msg: 'block.import', height, origin: 'Own' });
    await using logs = await LogsPage.create(async (node) => {
      await node.sendV1(block(1), at(200));
      await node.sendV1(block(2), at(100));
    }, 3);
    const { page } = await logs.open();
    const heights = async (): Promise<string[]> => {
      const texts = await page.locator('ol.messages > li').allInnerTexts();
      return texts.flatMap((text) => /height=\d+/.exec(text) ?? []);
    };
    await expect.poll(heights).toEqual(['height=1', 'height=2']);
    await page.getByLabel('Follow live').check();
    await page.getByText('Live', { exact: true }).waitFor();
    await logs.node.sendV1(block(3), at(200));
    await logs.node.sendV1(block(4), at(150));
    await expect.poll(heights, { timeout: 10_000 }).toEqual(['height=3', 'height=4', 'height=1', 'height=2']);
    await page.context().setOffline(true);
    await page.getByText('Connection lost.', { exact: false }).waitFor();
    await logs.node.sendV1(block(5), at(160));
    await page.context().setOffline(false);
    await page.getByText('Live', { exact: true }).waitFor();
    await logs.node.sendV1(block(6), at(210));
    await expect
      .poll(heights, { timeout: 10_000 })
      .toEqual([6, 3, 5, 4, 1, 2].map((height) => `height=${height.toString()}`));
  });

  describe('with one node', () => {
    let logs: LogsPage;

    beforeAll(async () => {
      logs = await LogsPage.create(() => Promise.resolve(), 1);
    });

    afterAll(() => logs[Symbol.asyncDispose]());

    it('shows a hint when no node is chosen', async () => {
      const { page, problems } = await logs.dashboard.page('logs/');
      await page.getByText('Choose a node.').waitFor();
      await page.getByLabel('Node').fill(HOSTILE);
      await page.keyboard.press('Enter');
      await expect.poll(() => new URL(page.url()).searchParams.get('peer_id')).toBe(PEER);
      expect(problems).toEqual([]);
    });

    it('shows the error and retries when the server returns 503', async () => {
      const { page } = await logs.open();
      await answerWith503(page, '**/nodes/logs*', 'No database.');
      await page.reload();
      await page.getByRole('alert').getByText('No database.').waitFor();
      await page.unroute('**/nodes/logs*');
      await page.getByRole('button', { name: 'Try again' }).click();
      await page.getByText('system.connected', { exact: true }).waitFor();
    });
  });

  it('shows messages of one chain for a peer id on two chains', async () => {
    await using dashboard = await Dashboard.open(['node', 'logs'], LIVE);
    const here = `0x${'ab'.repeat(32)}`;
    for (const [chain, genesis_hash, height, messages] of [
      ['Here', here, 1, 2],
      ['There', null, 2, 4],
    ] as const) {
      const identity = { network_id: PEER, name: chain, chain, genesis_hash };
      await dashboard.node(identity, (node) => node.sendV1({ msg: 'block.import', height }), messages);
    }
    const { page, problems } = await dashboard.page(`node/?peer_id=${PEER}`);
    const items = page.locator('ol.messages > li');
    // The URL has no chain: the default is the chain of the last message.
    await page.getByRole('link', { name: 'Messages' }).click();
    await items.filter({ hasText: 'height=2' }).waitFor();
    expect(await items.count()).toBe(2);
    await page.getByLabel('Type').locator('option', { hasText: 'block.import (1)' }).waitFor({
      state: 'attached',
    });
    await page.getByRole('link', { name: 'Node history' }).click();
    await page.getByRole('heading', { name: 'There, There' }).waitFor();
    await page.getByRole('link', { name: 'Here 0xabababab' }).click();
    await page.getByRole('heading', { name: 'Here, Here' }).waitFor();
    await page.getByRole('navigation').getByRole('link', { name: 'Logs' }).click();
    await items.filter({ hasText: 'height=1' }).waitFor();
    expect(await items.count()).toBe(2);
    await expectSaved(page, `messages-${PEER}`, 2);
    expect(problems).toEqual([]);
  });

  it('is accessible in light and dark and on a phone, within 150 kB', async () => {
    await using logs = await LogsPage.create(
      (node) => node.sendV1({ msg: 'x'.repeat(300), long: 'y'.repeat(2000) }),
      2,
    );
    expect(await logs.dashboard.assets.compressedBytes()).toBeLessThan(150_000);
    for (const look of LOOKS) {
      const shown = await logs.open(look);
      const items = shown.page.locator('ol.messages > li');
      await expect.poll(() => items.count()).toBe(2);
      await items.first().locator('summary').first().click();
      await shown.expectAccessible();
    }
  });
});

/** The page of logs, with a node that has a hostile name and has sent messages. */
class LogsPage implements AsyncDisposable {
  private constructor(
    readonly dashboard: Dashboard,
    readonly node: FakeNode,
  ) {}

  /** @param count number of stored messages to wait for */
  static async create(send: (node: FakeNode) => Promise<void>, count: number): Promise<LogsPage> {
    const dashboard = await Dashboard.open(['logs'], LIVE);
    return new LogsPage(dashboard, await dashboard.node({ network_id: PEER, name: HOSTILE }, send, count));
  }

  open(look: Look = {}): Promise<TestPage> {
    return this.dashboard.page(`logs/?peer_id=${PEER}`, look);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dashboard[Symbol.asyncDispose]();
  }
}
