import { describe, expect, it } from 'vitest';
import { READ_TOKEN, WITH_TOKENS } from '../support/access.js';
import { hasBrowser, type Look, type TestPage } from '../support/browser.js';
import { Dashboard, describeHostSystem, expectSaved, LIVE } from './dashboard.js';
import type { FakeNode } from '../support/fake-node.js';

const PEER = '12D3KooWBehindATokenIsThis';
const PAGES = ['', 'logs/', `node/?peer_id=${PEER}`, 'profiling/', 'reputation/', 'benchmarks/'];
const FOLDERS = ['.', 'logs', 'node', 'profiling', 'reputation', 'benchmarks'];
const OTHER_TOKEN = 'knows-0123456789abcdef';

describe.skipIf(!hasBrowser)('the pages of a server with tokens', () => {
  it('require a token on each page', { timeout: 120_000 }, async () => {
    await using stage = await Stage.set();
    for (const path of PAGES) {
      const shown = await stage.open(path);
      await shown.page.getByRole('heading', { level: 1, name: 'Token required' }).waitFor();
      expect(await shown.page.evaluate('document.activeElement.type')).toBe('password');
      await stage.expectAccessible(shown);
      await shown.page.close();
    }
    for (const look of [{ dark: true }, { phone: true }, { phone: true, dark: true }]) {
      const shown = await stage.open('', look);
      await shown.page.getByLabel('Token', { exact: true }).fill(OTHER_TOKEN);
      await shown.page.getByRole('button', { name: 'Use the token' }).click();
      await shown.page.getByRole('alert').getByText('does not accept').waitFor();
      await stage.expectAccessible(shown);
      await enter(shown, READ_TOKEN);
      await shown.page.getByRole('button', { name: 'Remove token' }).waitFor();
      await shown.page.getByText('A node with a name').first().waitFor();
      await stage.expectAccessible(shown);
    }
  });

  it('reject a wrong token and ask again, by keyboard only', async () => {
    await using stage = await Stage.set();
    const shown = await stage.open('');
    const { page } = shown;
    const input = page.getByLabel('Token', { exact: true });
    await input.waitFor();
    for (const wrong of [OTHER_TOKEN, 'ä', 'two words', `read:${READ_TOKEN}`]) {
      await page.keyboard.type(wrong);
      await page.keyboard.press('Enter');
      await page.getByRole('alert').getByText('The server does not accept this token.').waitFor();
      expect(await page.evaluate('sessionStorage.length')).toBe(0);
    }
    await page.keyboard.type(READ_TOKEN);
    await page.keyboard.press('Enter');
    await page.getByText('A node with a name').first().waitFor();
    expect(await page.evaluate('document.activeElement.id')).toBe('main');
    expect(page.url()).not.toContain('0123456789abcdef');
    expect(await page.evaluate('JSON.stringify(localStorage) + document.cookie')).not.toContain(READ_TOKEN);
    stage.onlyRefusals(shown);
  });

  it('send it to API and feed, keep it for the session, and remove it on request', async () => {
    await using stage = await Stage.set();
    const shown = await stage.open(`logs/?peer_id=${PEER}`);
    const { page } = shown;
    await enter(shown, READ_TOKEN);
    const items = page.locator('ol.messages > li');
    await expect.poll(() => items.count()).toBe(2);
    await page.getByLabel('Follow live').check();
    await page.getByText('Live', { exact: true }).waitFor();
    await stage.node.sendV1({ msg: 'block.import', height: 8, origin: 'Own' });
    await expect.poll(() => items.count()).toBe(3);
    await page.reload();
    await expect.poll(() => items.count()).toBe(3);
    for (const url of await expectSaved(page, `messages-${PEER}`, 3)) expect(url).not.toContain('token');
    stage.onlyRefusals(shown);
    await page.getByRole('button', { name: 'Remove token' }).click();
    await page.getByRole('heading', { name: 'Token required' }).waitFor();
    expect(await page.evaluate('sessionStorage.length')).toBe(0);
    expect(await page.getByRole('button', { name: 'Remove token' }).count()).toBe(0);
  });

  it('ask for another token after it was revoked, without further requests', async () => {
    await using stage = await Stage.set();
    const shown = await stage.open('profiling/');
    const { page } = shown;
    await enter(shown, READ_TOKEN);
    await page.getByRole('heading', { name: 'Profiling' }).waitFor();
    // As after a restart with other tokens.
    await page.evaluate(`sessionStorage.setItem('api-token', '${OTHER_TOKEN}')`);
    await page.reload();
    await page.getByRole('alert').getByText('The server does not accept this token.').waitFor();
    await page.waitForLoadState('networkidle');
    const refused = async (): Promise<number> => {
      const counted = await stage.dashboard.server.metric('tetcore_http_unauthorized_total');
      return [...counted.values()].reduce((sum, count) => sum + count, 0);
    };
    const before = await refused();
    await page.waitForTimeout(1_500);
    expect(await refused()).toBe(before);
    expect((await stage.dashboard.server.metric('tetcore_feed_sockets')).get('')).toBe(0);
    stage.onlyRefusals(shown);
  });

  it('report missing permissions of a read token', async () => {
    await using stage = await Stage.set();
    const shown = await stage.open('benchmarks/');
    const { page } = shown;
    await enter(shown, READ_TOKEN);
    await page.getByRole('heading', { level: 1, name: 'Benchmarks' }).waitFor();
    const form = await describeHostSystem(page);
    await page.getByText('A token with the scope write is required.').waitFor();
    // What was typed is not gone for that.
    expect(await form.getByLabel('Operating system').inputValue()).toBe('freebsd');
  });
});

describe.skipIf(!hasBrowser)('the pages of a server without tokens', () => {
  it('require no token', async () => {
    await using stage = await Stage.set({});
    const shown = await stage.open('');
    await shown.page.getByText('A node with a name').first().waitFor();
    expect(await shown.page.getByRole('button', { name: 'Remove token' }).count()).toBe(0);
    await shown.expectAccessible();
  });
});

async function enter({ page }: TestPage, token: string): Promise<void> {
  await page.getByLabel('Token', { exact: true }).fill(token);
  await page.keyboard.press('Enter');
}

/** All pages, and a node that is connected. */
class Stage implements AsyncDisposable {
  private constructor(
    readonly dashboard: Dashboard,
    readonly node: FakeNode,
  ) {}

  static async set(environment: Record<string, string> = WITH_TOKENS): Promise<Stage> {
    const dashboard = await Dashboard.open(FOLDERS, { ...LIVE, ...environment });
    const identity = { network_id: PEER, name: 'A node with a name' };
    const block = { msg: 'block.import', height: 7, origin: 'Own' };
    return new Stage(dashboard, await dashboard.node(identity, (node) => node.sendV1(block), 2));
  }

  open(path: string, look: Look = {}): Promise<TestPage> {
    return this.dashboard.page(path, look);
  }

  /** Expects nothing on the console but that an answer was 401, and forgets it. */
  onlyRefusals({ problems }: TestPage): void {
    const others = problems.splice(0).filter((problem) => !problem.includes('status of 401'));
    expect(others).toEqual([]);
  }

  async expectAccessible(shown: TestPage): Promise<void> {
    this.onlyRefusals(shown);
    await shown.expectAccessible();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dashboard[Symbol.asyncDispose]();
  }
}
