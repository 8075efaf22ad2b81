import { describe, expect, it } from 'vitest';
import { hasBrowser, TestBrowser } from '../support/browser.js';
import { LOOKS } from './dashboard.js';
import { DashboardAssets } from './dashboard-assets.js';
import { TestDatabase } from '../support/databases.js';
import { TestServer } from '../support/test-server.js';

describe.skipIf(!hasBrowser)('the pages of the server, in a browser', () => {
  it('comply with the content security policy on phone and desktop, in light and dark', async () => {
    await using database = await TestDatabase.create();
    await using assets = await DashboardAssets.build('.');
    await using server = await TestServer.ready(database.url, { ASSETS_PATH: assets.path });
    await using browser = await TestBrowser.launch();
    for (const look of LOOKS) {
      const home = await browser.open(server.http, look);
      await home.page.getByRole('heading', { name: 'Tetcore Analytics' }).waitFor();
      await home.expectAccessible();
    }
    const docs = await browser.open(`${server.http}/docs`);
    await docs.page.getByText('List nodes').waitFor();
    expect(docs.problems).toEqual([]);
  });
});
