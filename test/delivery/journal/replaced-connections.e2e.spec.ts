import { expect, it } from 'vitest';
import { TestDatabase } from '../../support/databases.js';
import { FakeNode } from '../../support/fake-node.js';
import { freePort } from '../../support/free-port.js';
import { TcpProxy } from '../../support/tcp-proxy.js';
import { tempDir } from '../../support/temp-dir.js';
import { TestServer } from '../../support/test-server.js';
import { waitUntil } from '../../support/wait-until.js';

it.each([
  ['as they were named', false],
  ['under another number, where a restored database gave theirs to another server', true],
])('replays connections that were replaced during an outage of the database: %s', async (_, taken) => {
  await using database = await TestDatabase.create();
  await using proxy = new TcpProxy(await freePort(), database.url);
  await proxy.listen();
  const DATA_DIR = await tempDir('replaced');
  await using first = await TestServer.ready(proxy.url, { DATA_DIR, SHUTDOWN_TIMEOUT_S: '2' });
  const node = await FakeNode.connect(first.ws);
  await proxy.cut();
  for (const peer of ['QmX', 'QmY']) {
    await node.sendConnected({ network_id: peer }, 0);
    await node.sendV2(0, { msg: 'block.import', of: peer });
  }
  for (let id = 1; id <= 20; id += 1) await node.sendV2(id, { msg: 'txpool.import', of: id });
  await node.close();
  await first.stop();
  if (taken) await database.query('UPDATE collectors SET id = gen_random_uuid()');

  await using second = await TestServer.ready(database.url, { DATA_DIR });
  const rows = await waitUntil(
    async () => {
      const found = await database.query<{
        peer_id: string | null;
        end_reason: string | null;
        said: string[];
      }>(
        `SELECT peer_id, end_reason, array_agg(logs->>'of') FILTER (WHERE msg <> 'system.connected') AS said
           FROM peer_connections AS one JOIN tetcore_logs AS log ON log.peer_connection_id = one.id
          GROUP BY one.id, one.collector ORDER BY one.id`,
      );
      return found.length === 22 && found.every((row) => row.end_reason !== null) ? found : undefined;
    },
    { what: 'all connections with their messages and ends', timeoutMs: 20_000 },
  );
  expect(rows).toEqual([
    { peer_id: 'QmX', end_reason: 'identity_changed', said: ['QmX'] },
    { peer_id: 'QmY', end_reason: 'id_evicted', said: ['QmY'] },
    ...Array.from({ length: 20 }, (__, at) => ({
      peer_id: null,
      end_reason: 'closed',
      said: [(at + 1).toString()],
    })),
  ]);
  expect(await second.api.GET('/nodes/logs', { params: { query: { peer_id: 'QmX' } } })).toMatchObject({
    data: [{ msg: 'block.import' }, { msg: 'system.connected' }],
  });
});
