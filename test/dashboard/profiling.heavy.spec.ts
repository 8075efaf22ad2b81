import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasBrowser, type Look, type TestPage } from '../support/browser.js';
import { Dashboard, NAMED_LOOKS } from './dashboard.js';
import { FakeNode } from '../support/fake-node.js';

const HOSTILE = '<img src=x onerror=alert(1)>';
const INTERVAL_S = 10;

/** The start of an interval, some of them ago. */
function intervalStart(ago: number): Date {
  const now = Math.floor(Date.now() / 1000 / INTERVAL_S) * INTERVAL_S;
  return new Date((now - ago * INTERVAL_S) * 1000);
}

let dashboard: Dashboard;
let nodes = 0;

describe.skipIf(!hasBrowser)('the page of profiling', () => {
  beforeAll(async () => {
    dashboard = await Dashboard.open(['profiling'], { CACHE_UPDATE_INTERVAL_MS: '50' });
  });

  afterAll(() => dashboard[Symbol.asyncDispose]());

  it('shows a chart for each name with a series for each target, live', async () => {
    const node = await ProfiledNode.connect();
    const [older, newer] = [intervalStart(6), intervalStart(3)];
    for (const [time, start] of [
      [1_000, older],
      [3_000, older],
      ['5000', newer],
    ] as const) {
      await node.call({ name: 'Get', target: 'frame_system', time }, start);
    }
    await node.call({ name: 'Get', target: 'balances', time: 2_500_000 }, newer);
    await node.call({ name: HOSTILE, target: HOSTILE, time: 870 }, newer);
    const shown = await node.open({ aggregate: 'mean', interval: INTERVAL_S.toString() });
    const { page } = shown;
    await page.getByText('2 call names.').waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
    const chart = chartOf(shown, 'Get');
    await expect
      .poll(() => valuesOf(chart))
      .toEqual([
        ['Time', 'balances', 'frame_system'],
        ['2.5 ms', '5 µs'],
        ['–', '2 µs'],
      ]);
    await expect.poll(() => chartOf(shown, HOSTILE).locator('.u-legend').innerText()).toContain(HOSTILE);
    // One that is late changes an interval that has been shown.
    await node.call({ name: 'Get', target: 'frame_system', time: 8_000 }, older);
    await expect.poll(async () => (await valuesOf(chart))[2]).toEqual(['–', '4 µs']);
    await node.call({ name: 'import', target: 'txpool', time: 7 }, newer);
    await page.getByText('3 call names.').waitFor();
    await shown.expectAccessible();
  });

  it.each([
    ['mean', '3 µs'],
    ['median', '2 µs'],
    ['min', '1 µs'],
    ['max', '6 µs'],
    ['p90', '5.2 µs'],
    ['p95', '5.6 µs'],
    ['p99', '5.92 µs'],
  ])('makes of an interval its %s', async (aggregate, expected) => {
    const node = await ProfiledNode.connect();
    const start = intervalStart(3);
    for (const time of [1_000, 2_000, 6_000])
      await node.call({ name: 'call', target: 'pallet', time }, start);
    const shown = await node.open({ aggregate, interval: INTERVAL_S.toString() });
    await expect.poll(async () => (await valuesOf(chartOf(shown, 'call')))[1]).toEqual([expected]);
  });

  it('shows each call, filters by name or target, pauses, and keeps its state in the URL', async () => {
    const node = await ProfiledNode.connect();
    const start = intervalStart(3);
    for (const time of [1_000, 2_000, 6_000])
      await node.call({ name: 'call', target: 'pallet', time }, start);
    await node.call({ name: 'other', target: 'txpool', time: 1 }, start);
    const shown = await node.open({});
    const { page } = shown;
    await page.getByLabel('Aggregate').selectOption('raw');
    await expect
      .poll(async () => (await valuesOf(chartOf(shown, 'call'))).slice(1))
      .toEqual([['6 µs'], ['2 µs'], ['1 µs']]);
    await expect.poll(() => page.getByLabel('Interval (seconds)').isDisabled()).toBe(true);
    await page.getByLabel('Time range (minutes)').fill('5');
    await page.getByLabel('Name or target').fill('PALL');
    await page.keyboard.press('Enter');
    await page.getByText('1 call name.').waitFor();
    await page.reload();
    await page.getByText('1 call name.').waitFor();
    expect(Object.fromEntries(new URL(page.url()).searchParams)).toEqual({
      peer_id: node.peerId,
      aggregate: 'raw',
      minutes: '5',
      find: 'PALL',
    });
    await page.getByLabel('Name or target').fill('nothing');
    await page.keyboard.press('Enter');
    await page.getByText('No matching calls.').waitFor();
    await page.getByLabel('Name or target').fill('');
    await page.keyboard.press('Enter');
    await page.getByLabel('Pause').check();
    await node.call({ name: 'late', target: 'pallet', time: 1 }, start);
    const other = await node.open({ aggregate: 'raw' });
    await other.page.getByText('3 call names.').waitFor();
    await page.getByText('2 call names.').waitFor();
    await page.getByLabel('Pause').uncheck();
    await page.getByText('3 call names.').waitFor();
    expect(shown.problems).toEqual([]);
  });

  it('continues after a reconnect', async () => {
    const node = await ProfiledNode.connect();
    await node.call({ name: 'before', target: 'pallet', time: 1 }, intervalStart(3));
    const { page } = await node.open({});
    await page.getByText('1 call name.').waitFor();
    await page.context().setOffline(true);
    await page.getByText('Connection lost.', { exact: false }).waitFor();
    await node.call({ name: 'after', target: 'pallet', time: 1 }, intervalStart(0));
    await page.context().setOffline(false);
    await page.getByText('2 call names.').waitFor();
  });

  it('shows hints without a node or data, and errors of the feed', async () => {
    const node = await ProfiledNode.connect();
    const none = await dashboard.page('profiling/');
    await none.page.getByText('Choose a node.').waitFor();
    await none.page.getByLabel('Node').fill(`${HOSTILE}${nodes}`);
    await none.page.keyboard.press('Enter');
    await none.page.getByText('No calls in this time range yet.').waitFor();
    expect(new URL(none.page.url()).searchParams.get('peer_id')).toBe(node.peerId);
    expect(none.problems).toEqual([]);
    const shown = await node.open({ interval: '604800' });
    await shown.page
      .getByText('aggregate_interval must be an integer from 1 to 3600', { exact: false })
      .waitFor();
    await shown.page.getByLabel('Interval (seconds)').fill('10');
    await shown.page.keyboard.press('Enter');
    await shown.page.getByText('aggregate_interval', { exact: false }).waitFor({ state: 'detached' });
    await shown.expectAccessible();
  });

  it.each(NAMED_LOOKS)('%s, is accessible', async (_, look) => {
    const node = await ProfiledNode.connect();
    const long = 'frame_support::storage::generator::'.repeat(20);
    const start = intervalStart(2);
    await node.call({ name: long, target: long, time: 1 }, start);
    for (let at = 0; at < 20; at += 1) {
      await node.call({ name: `name ${at}`, target: `target ${at % 3}`, time: at }, start);
      await node.call({ name: 'many', target: `target ${at}`, time: at }, start);
    }
    const shown = await node.open({ interval: INTERVAL_S.toString() }, look);
    await shown.page.getByText('22 call names.').waitFor();
    await expect.poll(() => shown.page.locator('figure.chart').count()).toBe(12);
    await shown.page.getByText('many (12 of 20 targets)', { exact: true }).waitFor();
    await shown.page.getByRole('button', { name: 'Show 10 more charts' }).click();
    await expect.poll(() => shown.page.locator('figure.chart').count()).toBe(22);
    await shown.expectAccessible();
  });

  it('is small enough', async () => {
    expect(await dashboard.assets.compressedBytes()).toBeLessThanOrEqual(150_000);
  });
});

function chartOf({ page }: TestPage, title: string): Locator {
  return page
    .locator('figure.chart')
    .filter({ has: page.locator('figcaption').getByText(title, { exact: true }) });
}

/** What the table of a chart says, less the times. */
async function valuesOf(chart: Locator): Promise<string[][]> {
  const details = chart.locator('details');
  if ((await details.getAttribute('open')) === null) await details.locator('summary').click();
  const found = await chart.locator('details table tr').all();
  const [head = [], ...rows] = await Promise.all(
    found.map(async (row) =>
      (await row.locator('th, td').allTextContents()).map((text) => text.replaceAll('\u00a0', ' ')),
    ),
  );
  return [head, ...rows.map((row) => row.slice(1))];
}

/** A node of a test's own, and pages about it. */
class ProfiledNode {
  private constructor(
    private readonly node: FakeNode,
    readonly peerId: string,
  ) {}

  static async connect(): Promise<ProfiledNode> {
    const peerId = `12D3KooWProfiledNode${(nodes += 1)}`;
    const node = await FakeNode.connect(dashboard.server.ws);
    await node.sendConnected({ name: `${HOSTILE}${nodes}`, network_id: peerId });
    const known = async (): Promise<number> => (await dashboard.server.get(`/nodes/${peerId}`)).status;
    await expect.poll(known).toBe(200);
    return new ProfiledNode(node, peerId);
  }

  async call(fields: { name: string; target: string; time: number | string }, at: Date): Promise<void> {
    await this.node.sendV1({ msg: 'tracing.profiling', ...fields }, at.toISOString());
  }

  async open(query: Record<string, string>, look: Look = {}): Promise<TestPage> {
    const text = new URLSearchParams({ peer_id: this.peerId, ...query }).toString();
    return await dashboard.page(`profiling/?${text}`, look);
  }
}
