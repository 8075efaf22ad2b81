import { readFile } from 'node:fs/promises';
import type { Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import type { JsonObject } from '../../src/simulator/index.js';
import { type Look, TestBrowser, type TestPage } from '../support/browser.js';
import { DashboardAssets } from './dashboard-assets.js';
import { TestDatabase } from '../support/databases.js';
import { FakeNode } from '../support/fake-node.js';
import { TestServer } from '../support/test-server.js';
import { waitUntil } from '../support/wait-until.js';

/** Of a server whose pages are to show soon what is new. */
export const LIVE = { CACHE_UPDATE_INTERVAL_MS: '100' };

/** Pages look like this to somebody. */
export const LOOKS: readonly Look[] = [{}, { dark: true }, { phone: true }, { phone: true, dark: true }];

/** For the names of tests. */
export const NAMED_LOOKS = LOOKS.map((look): [string, Look] => [
  `on a ${look.phone === true ? 'phone' : 'desk'}, in ${look.dark === true ? 'dark' : 'light'}`,
  look,
]);

/** A server with pages, and a browser to look at them. `await using` ends both. */
export class Dashboard implements AsyncDisposable {
  private constructor(
    readonly database: TestDatabase,
    readonly assets: DashboardAssets,
    readonly server: TestServer,
    private readonly browser: TestBrowser,
  ) {}

  /**
   * @param folders of `dashboard/`, as DashboardAssets takes them
   * @param environment of the server
   */
  static async open(
    folders: readonly string[],
    environment: Record<string, string> = {},
  ): Promise<Dashboard> {
    const database = await TestDatabase.create();
    const assets = await DashboardAssets.build(...folders);
    const server = await TestServer.ready(database.url, { ASSETS_PATH: assets.path, ...environment });
    return new Dashboard(database, assets, server, await TestBrowser.launch());
  }

  /** @param path below `/dashboard/`, with its query */
  page(path: string, look: Look = {}): Promise<TestPage> {
    return this.browser.open(`${this.server.http}/dashboard/${path}`, look);
  }

  /**
   * Connects a node. Resolves when what it sends, and nothing else, is stored.
   *
   * @param identity of its `system.connected`
   * @param send what it says after that
   * @param messages that this makes in all
   */
  async node(
    identity: JsonObject,
    send: (node: FakeNode) => Promise<void>,
    messages: number,
  ): Promise<FakeNode> {
    const node = await FakeNode.connect(this.server.ws);
    await node.sendConnected(identity);
    await send(node);
    const stored = async (): Promise<number> =>
      (await this.database.query('SELECT FROM tetcore_logs')).length;
    await waitUntil(async () => (await stored()) === messages, { what: 'the messages' });
    return node;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.browser[Symbol.asyncDispose]();
    await this.server[Symbol.asyncDispose]();
    await this.assets[Symbol.asyncDispose]();
    await this.database[Symbol.asyncDispose]();
  }
}

/**
 * Saves the messages that the page of logs has found in both formats, and expects so many, under such a name.
 *
 * @returns from where they came
 */
export async function expectSaved(page: Page, name: string, messages: number): Promise<string[]> {
  const urls: string[] = [];
  // CSV begins with the names of its columns.
  for (const [format, lines] of [
    ['NDJSON', messages],
    ['CSV', messages + 1],
  ] as const) {
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: format }).click(),
    ]);
    const text = await readFile(await download.path(), 'utf8');
    expect(text.trim().split('\n')).toHaveLength(lines);
    expect(download.suggestedFilename()).toBe(`${name}.${format.toLowerCase()}`);
    urls.push(download.url());
  }
  return urls;
}

/** Describes a host system on the page of benchmarks, and sends it. @returns the form */
export async function describeHostSystem(page: Page): Promise<Locator> {
  await page.getByText('New host system', { exact: true }).click();
  const form = page.getByRole('form', { name: 'New host system' });
  await form.getByLabel('Operating system').fill('freebsd');
  await form.getByLabel('Disks').fill('NVME');
  await form.getByLabel('Cores').fill('4');
  await form.getByLabel('Clock').fill('2600');
  await form.getByLabel('Memory').fill('8192');
  await form.getByRole('button').click();
  return form;
}

/** Has the page see a server that has no time for it. `page.unroute(what)` ends it. */
export async function answerWith503(page: Page, what: string, detail: string): Promise<void> {
  const body = JSON.stringify({ detail });
  await page.route(what, (route) =>
    route.fulfill({ status: 503, contentType: 'application/problem+json', body }),
  );
}
