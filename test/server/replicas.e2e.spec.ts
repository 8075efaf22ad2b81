import { describe, expect, it } from 'vitest';
import { TestDatabase } from '../support/databases.js';
import { FakeNode } from '../support/fake-node.js';
import { TestServer } from '../support/test-server.js';
import { waitUntil } from '../support/wait-until.js';

interface Connection {
  name: string;
  end_reason: string | null;
}

const connections = (database: TestDatabase): Promise<Connection[]> =>
  database.query<Connection>('SELECT name, end_reason FROM peer_connections ORDER BY name');

async function connectionsBecome(database: TestDatabase, ends: Record<string, string | null>): Promise<void> {
  let found: Connection[] = [];
  await waitUntil(
    async () => {
      found = await connections(database);
      return (
        JSON.stringify(Object.fromEntries(found.map((row) => [row.name, row.end_reason]))) ===
        JSON.stringify(ends)
      );
    },
    { what: JSON.stringify(ends) },
  );
}

describe('two servers on one database', () => {
  it('start concurrently on a missing database, and store all messages', async () => {
    await using database = TestDatabase.missing();
    const [one, two] = await Promise.all([TestServer.ready(database.url), TestServer.ready(database.url)]);
    try {
      for (const server of [one, two]) {
        const node = await FakeNode.connect(server.ws);
        await node.sendConnected({ network_id: 'QmBoth' });
        for (let n = 0; n < 100; n += 1) await node.sendV1({ msg: 'x.number', n });
        await node.close();
      }
      await waitUntil(
        async () => (await database.query("SELECT FROM tetcore_logs WHERE msg = 'x.number'")).length === 200,
        { what: '200 messages' },
      );
      expect(await database.query('SELECT count(DISTINCT id)::int AS ids FROM tetcore_logs')).toEqual([
        { ids: 202 },
      ]);
      expect(await database.query('SELECT FROM collectors WHERE stopped_at IS NULL')).toHaveLength(2);
      for (const server of [one, two]) {
        expect(((await (await server.get('/nodes')).json()) as unknown[]).length).toBe(1);
      }
    } finally {
      await one[Symbol.asyncDispose]();
      await two[Symbol.asyncDispose]();
    }
  });

  it('end the connections of a crashed server only', async () => {
    await using database = await TestDatabase.create();
    await using alive = await TestServer.ready(database.url);
    await using lost = await TestServer.ready(database.url);
    const nodes = new Map<string, FakeNode>();
    for (const [name, server] of [
      ['alive', alive],
      ['lost', lost],
    ] as const) {
      const node = await FakeNode.connect(server.ws);
      await node.sendConnected({ network_id: `Qm${name}`, name });
      nodes.set(name, node);
    }
    await connectionsBecome(database, { alive: null, lost: null });
    // As if it had died a minute ago; in truth it only has not been seen.
    await database.query(
      `UPDATE collectors SET last_seen_at = now() - interval '61 s'
        WHERE number = (SELECT collector FROM peer_connections WHERE name = 'lost')`,
    );
    await using next = await TestServer.ready(database.url);
    await connectionsBecome(database, { alive: null, lost: 'collector_lost' });
    expect((await next.get('/nodes')).status).toBe(200);

    // What it says anew is written at once; the same greeting would wait for the next half minute.
    await nodes.get('lost')?.sendConnected({ network_id: 'Qmlost', name: 'lost', version: 'another' });
    await connectionsBecome(database, { alive: null, lost: null });
    await lost.stop();
    await connectionsBecome(database, { alive: null, lost: 'shutdown' });
    await nodes.get('alive')?.close();
    await connectionsBecome(database, { alive: 'closed', lost: 'shutdown' });
  });
});
