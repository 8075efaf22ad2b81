import { describe, expect, it } from 'vitest';
import { TestDatabase } from '../support/databases.js';
import { readProjectFile } from '../support/markdown.js';
import { ReadmeNetwork } from '../support/readme-network.js';
import { TestServer } from '../support/test-server.js';

const page = readProjectFile('docs/getting-started.md');
const HERE = 'http://127.0.0.1:8080';

describe('docs/getting-started.md', () => {
  it('sends requests that have responses, and opens pages that exist', { timeout: 120_000 }, async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url);
    await using network = await ReadmeNetwork.play(server);
    expect(network).toBeDefined();
    const requests = [...page.matchAll(/^curl '(.+)'$/gm)].map(([, url = '']) => url);
    expect(requests.length).toBeGreaterThan(1);
    for (const url of requests) {
      const rows = (await (await server.get(url.replace(HERE, ''))).json()) as unknown[];
      expect({ url, answered: rows.length > 0 }).toEqual({ url, answered: true });
    }
    const pages = [...page.matchAll(/<(http:[^>]+)>/g)].map(([, url = '']) => url);
    expect(pages.length).toBeGreaterThan(1);
    for (const url of pages) {
      expect({ url, status: (await server.get(url.replace(HERE, ''))).status }).toEqual({ url, status: 200 });
    }
  });
});
