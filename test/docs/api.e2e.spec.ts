import { describe, expect, it } from 'vitest';
import { TestDatabase } from '../support/databases.js';
import { TestServer } from '../support/test-server.js';
import { shellLines } from './shell-lines.js';

describe('docs/api.md', () => {
  it('names every route, and each that it names is there', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url);
    const { paths } = (await (await server.get('/openapi.json')).json()) as {
      paths: Record<string, unknown>;
    };
    const named = shellLines('docs/api.md')
      .flatMap((line) => [...line.matchAll(/"\$API(\/[^"?]*)/g)])
      .map(([, path = '']) =>
        path
          .replace('$PEER', '{peer_id}')
          .replace('$BLOCK', '{block}')
          .replace(/\/(Simnet|\$CHAIN)/, '/{chain}')
          .replace(/\/\d+(?=\/|$)/, '/{id}'),
      );
    const routes = Object.keys(paths);
    expect(named.filter((path) => !routes.includes(path))).toEqual([]);
    const others = ['/', '/health/live', '/health/ready', '/metrics'];
    expect(routes.filter((path) => !named.includes(path) && !others.includes(path))).toEqual([]);
  });
});
