import { describe, expect, it } from 'vitest';
import { Lifecycle } from '../../src/platform/lifecycle/index.js';
import { TestDatabase } from '../support/databases.js';
import { freePort } from '../support/free-port.js';
import { TestServer } from '../support/test-server.js';

describe('tetcore_ready', () => {
  const readiness = async (server: TestServer): Promise<[number | undefined, number]> => [
    (await server.metric('tetcore_ready')).get(''),
    (await server.get('/health/ready')).status,
  ];

  it('is 1 while the server accepts nodes, and 0 before and after', async () => {
    {
      const nobody = `postgres://postgres@127.0.0.1:${(await freePort()).toString()}/nothing`;
      await using starting = await TestServer.start(nobody);
      expect(await readiness(starting)).toEqual([0, 503]);
    }
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url);
    expect(await readiness(server)).toEqual([1, 200]);
    server.server.app.get(Lifecycle).drain();
    expect(await readiness(server)).toEqual([0, 503]);
  });
});
