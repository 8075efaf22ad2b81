import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hasBrowser, type Look, type TestPage } from '../support/browser.js';
import { answerWith503, Dashboard, NAMED_LOOKS } from './dashboard.js';
import { oneSet, type Reporter, storeReports } from '../support/reports.js';

const HOSTILE = '<img src=x onerror=alert(1)>';
const MINUTE_MS = 60_000;
const [ALICE, BOB, EVE] = ['12D3KooWAliceAtHome', '12D3KooWBobIsOffline', '12D3KooWEveListening'] as const;

let dashboard: Dashboard;

describe.skipIf(!hasBrowser)('the page of reputations', () => {
  beforeAll(async () => {
    dashboard = await Dashboard.open(['reputation']);
  });

  afterAll(() => dashboard[Symbol.asyncDispose]());

  beforeEach(async () => {
    await dashboard.database.clear();
  });

  const open = (query: Record<string, string> = {}, look: Look = {}): Promise<TestPage> =>
    dashboard.page(`reputation/?${new URLSearchParams(query).toString()}`, look);

  it('shows reported reputations by name, lowest first, with connected peers marked', async () => {
    await storeReports(dashboard.database, [
      reporter(ALICE, 'alice', {
        1: { [BOB]: [-1_800_000_000, false], [EVE]: [12, true], QmUnknown: [5, true] },
      }),
      reporter(BOB, 'bob', { 1: { [EVE]: [-3_000, false] } }),
      reporter(EVE, HOSTILE, { 700: { [ALICE]: [0, true] } }),
    ]);
    const shown = await open();
    const { page } = shown;
    const matrix = page.getByRole('table', { name: 'reporting nodes' });
    await expect
      .poll(() => matrix.locator('thead th').allInnerTexts())
      .toEqual(['Reported by', 'Time', 'bob', HOSTILE]);
    const row = async (name: string): Promise<string[]> =>
      await matrix.getByRole('row', { name }).locator('td').allTextContents();
    expect((await row('alice')).slice(1)).toEqual(['-1,800,000,000 banned', '12 ●connected']);
    expect((await row('bob')).slice(1)).toEqual(['–', '-3,000']);
    expect(await matrix.getByText('-3,000').getAttribute('class')).toContain('bad-2');
    await page.getByLabel('Maximum age of reports').selectOption('1 day');
    await expect.poll(() => matrix.locator('tbody tr').count()).toBe(3);
    expect((await row(HOSTILE)).slice(1)).toEqual(['–', '–', '0 ●connected']);
    expect(new URL(page.url()).searchParams.get('max_age_s')).toBe('86400');
    await matrix.getByRole('link', { name: 'bob' }).click();
    await page.getByRole('table', { name: 'By reporting node' }).waitFor();
    expect(Object.fromEntries(new URL(page.url()).searchParams)).toEqual({
      max_age_s: '86400',
      peer_id: BOB,
    });
    await shown.expectAccessible();
  });

  it('keeps names readable beside the reputations of many peers', async () => {
    const ids = Array.from({ length: 40 }, (_, n) => `QmPeer${n.toString()}`);
    const peers = Object.fromEntries(ids.map((id, n): [string, [number, boolean]] => [id, [n, true]]));
    await storeReports(
      dashboard.database,
      ids.map((id) => reporter(id, `name-of-${id}`, { 1: peers })),
    );
    const { page } = await open();
    const matrix = page.getByRole('table', { name: 'reporting nodes' });
    await expect.poll(() => matrix.locator('thead th').count()).toBeGreaterThan(20);
    const header = await matrix.locator('thead th').first().boundingBox();
    expect(header?.width).toBeGreaterThan(80);
  });

  it('shows the reputation of a peer over time, and new reports automatically', async () => {
    await storeReports(dashboard.database, [
      reporter(ALICE, 'alice', {
        30: { [EVE]: [-5, false] },
        20: { [EVE]: [-500, false] },
        10: { [EVE]: [7, true] },
      }),
      reporter(BOB, HOSTILE, { 20: { [EVE]: [100, true] }, 90: { [EVE]: [-9_000, false] } }),
    ]);
    const shown = await open({ peer_id: EVE });
    const { page } = shown;
    const table = page.getByRole('table', { name: 'By reporting node' });
    const rows = async (): Promise<string[][]> =>
      await Promise.all(
        (await table.locator('tbody tr').all()).map(async (row) =>
          (await row.locator('td').allTextContents()).slice(1, 5),
        ),
      );
    await expect.poll(rows).toEqual([
      ['7 ●connected', '-500', '7', '3'],
      ['100 ●connected', '100', '100', '1'],
    ]);
    const chart = page.locator('figure.chart');
    await expect.poll(() => chart.locator('.u-legend').innerText()).toContain(HOSTILE);
    await chart.getByText('As a table').click();
    const values = async (): Promise<string[][]> =>
      (await chart.locator('details tr').allInnerTexts()).map((text) => text.split('\t').slice(1));
    await expect.poll(values).toEqual([
      ['alice (12D3…Home)', `${HOSTILE} (12D3…line)`],
      ['7', '–'],
      ['-500', '100'],
      ['-5', '–'],
    ]);
    await page.getByLabel('Time', { exact: true }).selectOption('6h');
    await expect.poll(async () => (await rows())[0]).toEqual(['100 ●connected', '-9,000', '100', '2']);
    const asked = page.waitForRequest((request) => request.url().includes(`/reputation/${EVE}?`), {
      timeout: 25_000,
    });
    await storeReports(dashboard.database, [reporter(ALICE, 'alice', { 0: { [EVE]: [-20_000, false] } })]);
    const since = new URL((await asked).url()).searchParams.get('start_time') ?? '';
    // Only what is new is asked for again.
    expect(Date.now() - Date.parse(since)).toBeLessThan(12 * MINUTE_MS);
    await expect.poll(async () => (await rows())[0]).toEqual(['-20,000', '-20,000', '7', '4']);
    expect(shown.problems).toEqual([]);
  });

  it('shows hints if there is no data or the server fails', async () => {
    const shown = await open();
    await shown.page.getByText('Choose a peer.').waitFor();
    await shown.page.getByText('No reports in this time range.').waitFor();
    await shown.page.getByLabel('Peer', { exact: true }).fill(HOSTILE);
    await shown.page.keyboard.press('Enter');
    await shown.page.getByText('No reports about this peer').waitFor();
    expect(shown.problems).toEqual([]);
    await answerWith503(shown.page, '**/reputation/logged*', 'Not now.');
    await shown.page.getByLabel('Maximum age of reports').selectOption('1 hour');
    await shown.page.getByText('Not now.').waitFor();
    await shown.page.unroute('**/reputation/logged*');
    await storeReports(dashboard.database, [reporter(ALICE, 'alice', { 1: { [ALICE]: [1, true] } })]);
    await shown.page.getByRole('button', { name: 'Try again' }).click();
    await shown.page.getByRole('table', { name: 'reporting nodes' }).waitFor();
  });

  it.each(NAMED_LOOKS)('%s, is accessible', async (_, look) => {
    const peers = Array.from({ length: 40 }, (_, at) => `12D3KooWPeer${at.toString().padStart(8, '0')}`);
    await storeReports(
      dashboard.database,
      peers.map((peerId, at) =>
        reporter(peerId, `${'long-name-'.repeat(20)}${at}`, {
          1: Object.fromEntries(
            peers.map((peer, other) => [peer, [(other - 20) * 10 ** (at % 9), (at + other) % 3 === 0]]),
          ),
        }),
      ),
    );
    const shown = await open({ peer_id: peers[3] ?? '' }, look);
    const matrix = shown.page.getByRole('table', { name: 'reporting nodes' });
    await expect.poll(() => matrix.locator('thead th').count()).toBe(27);
    await shown.page.getByText('by the 12 of 40 nodes with the lowest values').first().waitFor();
    await shown.page.getByRole('button', { name: 'Show 15 more peers' }).click();
    await expect.poll(() => matrix.locator('thead th').count()).toBe(42);
    await shown.expectAccessible();
  });

  it('is small enough', async () => {
    expect(await dashboard.assets.compressedBytes()).toBeLessThanOrEqual(150_000);
  });
});

/** A node that reported, so many minutes ago, of each peer a reputation and whether it is connected to it. */
function reporter(
  peerId: string,
  name: string,
  reports: Record<number, Record<string, [reputation: number, connected: boolean]>>,
): Reporter {
  return {
    peerId,
    given: { name },
    reports: Object.entries(reports).map(([minutes, peers]) => ({
      age: Number(minutes) * MINUTE_MS,
      said: oneSet(
        Object.fromEntries(
          Object.entries(peers).map(([peer, [reputation, connected]]) => [peer, { reputation, connected }]),
        ),
      ),
    })),
  };
}
