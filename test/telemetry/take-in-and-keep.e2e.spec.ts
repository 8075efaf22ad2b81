import { describe, expect, it } from 'vitest';
import { TestDatabase } from '../support/databases.js';
import { FakeNode } from '../support/fake-node.js';
import { developmentMessages, kusamaMessages } from '../support/real-messages.js';
import { sharedServer } from '../support/shared-server.js';
import { TestServer } from '../support/test-server.js';
import { waitUntil } from '../support/wait-until.js';

const PATHS = ['/', '/audit', '/audit/', '/submit', '/submit/'];

interface Answer {
  peer_id: string;
  msg: string | null;
  created_at: string;
  logs: Record<string, unknown>;
}

/** What is stored of a peer and was not sent, or the other way round: compared digit by digit, as PostgreSQL keeps it. */
async function differences(database: TestDatabase, peer: string, sent: string[]): Promise<string[]> {
  const rows = await database.query<{ text: string }>(
    `WITH stored AS (
       SELECT logs::text AS text FROM tetcore_logs JOIN peer_connections c ON c.id = peer_connection_id
        WHERE peer_id = $1 AND msg <> 'system.connected'),
     sent AS (SELECT text::jsonb::text AS text FROM unnest($2::text[]) AS text)
     (SELECT 'not stored: ' || text AS text FROM (TABLE sent EXCEPT ALL TABLE stored) AS missing)
     UNION ALL
     (SELECT 'not sent: ' || text FROM (TABLE stored EXCEPT ALL TABLE sent) AS added)`,
    [peer, sent],
  );
  return rows.map(({ text }) => text.slice(0, 200));
}

const shared = sharedServer();

describe('telemetry', () => {
  it('stores real messages of both envelopes on every path, with three nodes on a socket, equal in every field', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url);
    const sent = new Map<string, string[]>();
    for (const [index, path] of PATHS.entries()) {
      const node = await FakeNode.connect(server.ws + path);
      const peers = [0, 1, 2].map((id) => `Qm${index}-${id}`);
      for (const [id, peer] of peers.entries()) {
        const v2 = id > 0;
        await node.sendConnected({ network_id: peer }, v2 ? id : undefined);
        const texts = [
          ...kusamaMessages().map((message) => JSON.stringify(message)),
          ...developmentMessages(),
        ];
        const others = texts.filter((text) => !text.includes('"system.connected"'));
        for (const [at, text] of others.entries()) {
          const { ts, ...payload } = JSON.parse(text) as { ts: string };
          const frame = v2 ? JSON.stringify({ id, ts, payload }) : text;
          await node.send(frame, { binary: at % 2 === 0, fragments: at % 3 === 0 ? 3 : 1 });
        }
        sent.set(peer, others);
      }
      expect((await node.close()).code).toBe(1000);
    }

    const total = [...sent.values()].flat().length + sent.size;
    await waitUntil(
      async () =>
        (await database.query<{ n: number }>('SELECT count(*)::int AS n FROM tetcore_logs'))[0]?.n === total,
      { what: `${total.toString()} rows` },
    );
    for (const [peer, texts] of sent) {
      const answer = await server.get(`/nodes/logs/?peer_id=${peer}&limit=1000`);
      const rows = (await answer.json()) as Answer[];
      expect(rows).toHaveLength(texts.length + 1);
      expect(await differences(database, peer, texts)).toEqual([]);
    }
    const audit = await database.query<{ audit: boolean; n: number }>(
      'SELECT audit, count(*)::int AS n FROM tetcore_logs GROUP BY audit ORDER BY audit',
    );
    expect(audit).toEqual([
      { audit: false, n: (total / 5) * 3 },
      { audit: true, n: (total / 5) * 2 },
    ]);
  });

  it('stores every digit of a span id, and both ids of a span and its envelope', async () => {
    const { database, server } = shared();
    const node = await FakeNode.connect(server.ws);
    await node.sendConnected({ network_id: 'QmSpans' }, 7);
    await node.sendV2(7, {
      msg: 'tracing.profiling',
      id: 18446744073709551615n,
      parent_id: 9007199254740993n,
      time: 4321,
      values: { a: 1 },
    });
    await node.close();
    const text = await waitUntil(
      async () => {
        const found = await (await server.get('/nodes/logs?peer_id=QmSpans&msg=tracing.profiling')).text();
        return found.includes('tracing') ? found : undefined;
      },
      { what: 'the span' },
    );
    expect(text).toMatch(/"id": ?18446744073709551615\b/);
    expect(text).toMatch(/"parent_id": ?9007199254740993\b/);
    const [row] = await database.query<{ envelope_id: string }>(
      "SELECT envelope_id FROM peer_connections WHERE peer_id = 'QmSpans'",
    );
    expect(row?.envelope_id).toBe('7');
  });

  it('stores an object without a type, and the time of arrival for an implausible time', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url);
    const node = await FakeNode.connect(server.ws);
    const clocks = (): Promise<Map<string, number>> => server.metric('tetcore_message_clock_total');
    const [before, counted] = [Date.now(), await clocks()];
    await node.send({ hello: 'world' });
    await node.sendV1({ msg: 'x.past' }, '2001-01-01T00:00:00Z');
    await node.sendV1({ msg: 'x.future' }, '2099-01-01T00:00:00Z');
    await node.sendV1({ msg: 'x.broken' }, 'yesterday');
    await node.close();
    const rows = await waitUntil(
      async () => {
        const found = await database.query<{ msg: string | null; created_at: Date }>(
          'SELECT msg, created_at FROM tetcore_logs ORDER BY id',
        );
        return found.length === 4 ? found : undefined;
      },
      { what: 'four rows' },
    );
    expect(rows.map((row) => row.msg)).toEqual([null, 'x.past', 'x.future', 'x.broken']);
    for (const row of rows) expect(Math.abs(row.created_at.getTime() - before)).toBeLessThan(60_000);
    const now = await clocks();
    for (const reason of ['missing', 'past', 'future', 'unparsable']) {
      const label = `reason="${reason}"`;
      expect([reason, now.get(label)]).toEqual([reason, (counted.get(label) ?? 0) + 1]);
    }
  });

  it('stores and returns the microseconds of the time of a node', async () => {
    const { server } = shared();
    const node = await FakeNode.connect(server.ws);
    const second = new Date().toISOString().slice(0, 19);
    await node.sendConnected({ network_id: 'QmMicro' });
    await node.sendV1({ msg: 'txpool.import', ready: 1 }, `${second}.123456789Z`);
    await node.close();
    const rows = await waitUntil(
      async () => {
        const found = (await (
          await server.get('/nodes/logs?peer_id=QmMicro&msg=txpool.import')
        ).json()) as Answer[];
        return found.length === 1 ? found : undefined;
      },
      { what: 'the message' },
    );
    expect(rows[0]?.created_at).toBe(`${second}.123457Z`);
  });
});

describe('a connection', () => {
  it('has the identity of its node, and ends with the socket', async () => {
    const { database, server } = shared();
    const node = await FakeNode.connect(`${server.ws}/audit`);
    await node.sendConnected(
      {
        network_id: 'QmFull',
        authority: true,
        config: 'c',
        genesis_hash: '0x91b171bb158e2d3848fa23a9f1c25182fb8e20313b2c1eb49219da7a70ce90c3',
        target_os: 'linux',
        target_arch: 'x86_64',
        target_env: 'gnu',
        sysinfo: { cpu: 'EPYC', memory: 18446744073709551615n, core_count: 8 },
      },
      3,
    );
    await node.sendV2(3, { msg: 'txpool.import', ready: 1, future: 0 });
    await node.close(1000, 'bye');
    const row = await waitUntil(
      async () =>
        (
          await database.query(
            `SELECT peer_id, name, chain, version, implementation, authority, startup_time, config, genesis_hash,
                    target_os, target_arch, target_env, sysinfo::text, audit, path, envelope_id, ip_addr,
                    end_reason, end_code, ended_at >= last_message_at AS ended_last,
                    first_message_at <= last_message_at AS in_order, created_at <= first_message_at AS began_first
               FROM peer_connections WHERE peer_id = 'QmFull' AND ended_at IS NOT NULL`,
          )
        )[0],
      { what: 'the row to end' },
    );
    expect(row).toEqual({
      peer_id: 'QmFull',
      name: 'fake-node',
      chain: 'Development',
      version: '2.1.2-6cd1f08-x86_64-linux-gnu',
      implementation: 'Tetcore Node',
      authority: true,
      startup_time: '1612861200000',
      config: 'c',
      genesis_hash: '0x91b171bb158e2d3848fa23a9f1c25182fb8e20313b2c1eb49219da7a70ce90c3',
      target_os: 'linux',
      target_arch: 'x86_64',
      target_env: 'gnu',
      sysinfo: '{"cpu": "EPYC", "memory": 18446744073709551615, "core_count": 8}',
      audit: true,
      path: '/audit',
      envelope_id: '3',
      ip_addr: '127.0.0.1',
      end_reason: 'closed',
      end_code: 1000,
      ended_last: true,
      in_order: true,
      began_first: true,
    });
  });

  it('has the peer id of the oldest nodes from their network state', async () => {
    const { database, server } = shared();
    const node = await FakeNode.connect(server.ws);
    await node.sendV1({ msg: 'system.network_state', state: { peerId: 'QmOldest' } });
    await node.close();
    await waitUntil(
      async () =>
        (await database.query('SELECT 1 FROM peer_connections WHERE peer_id = $1', ['QmOldest'])).length ===
        1,
      { what: 'the peer id' },
    );
  });

  it('is a new row for each reconnect of a node, and the newest is returned', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url);
    for (const name of ['first', 'second']) {
      const node = await FakeNode.connect(server.ws);
      await node.sendConnected({ network_id: 'QmAgain', name });
      await node.terminate();
      await waitUntil(
        async () =>
          (
            await database.query('SELECT 1 FROM peer_connections WHERE name = $1 AND ended_at IS NOT NULL', [
              name,
            ])
          ).length === 1,
        { what: `the end of the ${name}` },
      );
    }
    const nodes = (await (await server.get('/nodes')).json()) as {
      peer_id: string;
      name: string;
      id: number;
    }[];
    expect(nodes.map(({ peer_id, name }) => ({ peer_id, name }))).toEqual([
      { peer_id: 'QmAgain', name: 'second' },
    ]);
    expect(Number.isSafeInteger(nodes[0]?.id)).toBe(true);
    const reasons = await database.query('SELECT end_reason, end_code FROM peer_connections');
    expect(reasons).toEqual([
      { end_reason: 'reset', end_code: 1006 },
      { end_reason: 'reset', end_code: 1006 },
    ]);
  });
});
