import { describe, expect, it } from 'vitest';
import { StatusJob } from '../../src/network/index.js';
import type { ConnectionSnapshot } from '../../src/storage/index.js';
import { batch, newConnectionId, snapshot } from '../support/batches.js';
import { TestDatabase } from '../support/databases.js';
import { FakeNode } from '../support/fake-node.js';
import { TestServer } from '../support/test-server.js';
import { TestStorage } from '../support/test-storage.js';
import { waitUntil } from '../support/wait-until.js';

const MINUTE_MS = 60_000;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

/** Connections of peers, each a minute older than the one before it. */
function connections(given: readonly Partial<ConnectionSnapshot>[], collector: number): ConnectionSnapshot[] {
  const now = Date.now();
  return given.map((one, index) => {
    const at = now - index * MINUTE_MS;
    return snapshot({
      id: newConnectionId(collector),
      createdAt: at,
      firstMessageAt: at,
      lastMessageAt: at,
      oldestCreatedAt: at,
      newestCreatedAt: at,
      ...one,
    });
  });
}

const ENDED = { endedAt: Date.now(), endReason: 'closed', endCode: 1000 } as const;

async function withConnections(
  given: readonly Partial<ConnectionSnapshot>[],
  story: (server: TestServer, stored: ConnectionSnapshot[]) => Promise<void>,
): Promise<void> {
  await using database = await TestDatabase.create();
  await using storage = new TestStorage(database.url);
  // Alive, so that its connections do not count as those of a dead process.
  await storage.collectors.heartbeat();
  const collector = storage.collectorId.identity;
  const stored = connections(given, collector.number);
  await storage.store(batch({ collector, connections: stored }));
  await using server = await TestServer.ready(database.url);
  await story(server, stored);
}

async function peers(server: TestServer, query: Record<string, string> = {}): Promise<string[]> {
  const answer = await server.get(`/nodes?${new URLSearchParams(query).toString()}`);
  expect(answer.status).toBe(200);
  return ((await answer.json()) as { peer_id: string }[]).map((node) => node.peer_id);
}

describe('the list of nodes', () => {
  const identity = (
    name: string,
    chain: string,
    version: string,
    authority: boolean,
  ): Partial<ConnectionSnapshot> => ({ name, chain, version, authority });

  it('describes each peer by its open connection, otherwise by the newest one', async () => {
    await withConnections(
      [
        { peerId: 'QmA', ...identity('alice', 'Polkadot', '1.2.0', true) },
        { peerId: 'QmA', ...identity('old alice', 'Polkadot', '1.1.0', false), ...ENDED },
        { peerId: 'QmB', ...identity('bob', 'Kusama', '1.2.3', false), ...ENDED },
        { peerId: null },
      ],
      async (server, [newest]) => {
        const { data = [] } = await server.api.GET('/nodes');
        expect(data.map(({ peer_id, name, connected }) => [peer_id, name, connected])).toEqual([
          ['QmA', 'alice', true],
          ['QmB', 'bob', false],
        ]);
        const [alice] = data;
        expect(alice).toMatchObject({ id: newest?.id, chain: 'Polkadot', version: '1.2.0', authority: true });
        expect(alice?.created_at).toMatch(TIME);
        expect(Date.parse(alice?.last_message_at ?? '')).toBe(newest?.lastMessageAt);
      },
    );
  });

  it('can be filtered by each parameter and by all together', async () => {
    await withConnections(
      [
        { peerId: 'QmA', ...identity('Alice-1', 'Polkadot', '1.2.0-abc', true) },
        { peerId: 'QmB', ...identity('bob', 'Polkadot', '1.3.0', false), ...ENDED },
        { peerId: 'QmC', ...identity('carol_1', 'Kusama', '1.2.9', true), ...ENDED },
      ],
      async (server) => {
        const answers: [query: Record<string, string>, peers: string[]][] = [
          [{ chain: 'Polkadot' }, ['QmA', 'QmB']],
          [{ chain: 'polkadot' }, []],
          [{ chain: 'name:Kusama' }, ['QmC']],
          [{ name: 'LICE' }, ['QmA']],
          [{ name: '%' }, []],
          [{ name: '_1' }, ['QmC']],
          [{ version: '1.2' }, ['QmA', 'QmC']],
          [{ version: '2' }, []],
          [{ authority: 'true' }, ['QmA', 'QmC']],
          [{ authority: 'false' }, ['QmB']],
          [{ connected: 'true' }, ['QmA']],
          [{ connected: 'false' }, ['QmB', 'QmC']],
          [{ chain: 'Kusama', name: 'carol', version: '1', authority: 'true', connected: 'false' }, ['QmC']],
          [{ chain: 'Kusama', name: 'carol', version: '1', authority: 'true', connected: 'true' }, []],
        ];
        for (const [query, expected] of answers) {
          expect([query, await peers(server, query)]).toEqual([query, expected]);
        }
      },
    );
  });

  it('comes in pages that neither skip nor repeat a peer', async () => {
    const names = Array.from({ length: 25 }, (_, index) => `Qm${index.toString().padStart(2, '0')}`);
    await withConnections(
      names.flatMap((peerId) => [{ peerId }, { peerId, ...ENDED }]),
      async (server) => {
        const found: string[] = [];
        for (let page: string[] | undefined; page?.length !== 0; found.push(...page)) {
          const cursor = found.at(-1);
          page = await peers(server, { limit: '7', ...(cursor !== undefined && { cursor }) });
        }
        expect(found).toEqual(names);
      },
    );
  });

  it('are offline since their last connection ended, and otherwise have a status once it is determined', async () => {
    const ended = (minutes: number): Partial<ConnectionSnapshot> => ({
      ...ENDED,
      endedAt: Date.now() - minutes * MINUTE_MS,
    });
    await withConnections(
      [
        { peerId: 'QmA', ...ended(5) },
        { peerId: 'QmA', ...ended(2) },
        { peerId: 'QmA', chain: 'Other', ...ended(1) },
        { peerId: 'QmB' },
        { peerId: 'QmB', ...ended(1) },
      ],
      async (server, stored) => {
        await server.app.get(StatusJob, { strict: false }).pass();
        const { data = [] } = await server.api.GET('/nodes');
        const time = (ms: number | null | undefined): number => ms ?? NaN;
        expect(
          data.map(({ peer_id, status, status_since, clock_wrong }) => [
            peer_id,
            status,
            Date.parse(status_since ?? ''),
            clock_wrong,
          ]),
        ).toEqual([
          ['QmA', 'offline', time(stored[1]?.endedAt), null],
          ['QmA', 'offline', time(stored[2]?.endedAt), null],
          // Its last message was three minutes ago.
          ['QmB', 'silent', time(stored[3]?.createdAt), false],
        ]);
        expect(await peers(server, { status: 'silent,healthy' })).toEqual(['QmB']);
        expect(await peers(server, { status: 'offline', limit: '1' })).toEqual(['QmA']);
        const { data: detail } = await server.api.GET('/nodes/{peer_id}', {
          params: { path: { peer_id: 'QmA' }, query: { chain: 'Other' } },
        });
        expect(detail).toMatchObject({ status: 'offline', clock_wrong: null });
        expect(Date.parse(detail?.status_since ?? '')).toBe(stored[2]?.endedAt);
      },
    );
  });

  const HASHES = ['a', 'b', 'c'].map((digit) => `0x${digit.repeat(64)}`) as [string, string, string];

  it('has a row for each chain of a peer id, and continues after any of them', async () => {
    const [one, two, three] = HASHES;
    await withConnections(
      [
        { peerId: 'QmA', chain: 'Dev', genesisHash: two, name: 'two' },
        { peerId: 'QmA', chain: 'Dev', genesisHash: one, name: 'one' },
        { peerId: 'QmA', chain: 'Dev', genesisHash: one, name: 'old', ...ENDED },
        { peerId: 'QmA', chain: 'Dev', name: 'named', ...ENDED },
        { peerId: 'QmA', name: 'nowhere', ...ENDED },
        { peerId: 'QmB', chain: 'Other', genesisHash: three },
        { peerId: 'QmC', chain: 'Dev', genesisHash: one },
      ],
      async (server) => {
        const { data = [] } = await server.api.GET('/nodes');
        expect(data.map((node) => [node.peer_id, node.genesis_hash, node.chain, node.name])).toEqual([
          ['QmA', null, null, 'nowhere'],
          ['QmA', one, 'Dev', 'one'],
          ['QmA', two, 'Dev', 'two'],
          ['QmA', null, 'Dev', 'named'],
          ['QmB', three, 'Other', null],
          ['QmC', one, 'Dev', null],
        ]);
        const found: string[] = [];
        for (let cursor = ''; ;) {
          const answer = await server.api.GET('/nodes', {
            params: { query: { limit: 2, ...(cursor !== '' && { cursor }) } },
          });
          if (answer.data === undefined || answer.data.length === 0) break;
          found.push(...answer.data.map(({ id }) => id.toString()));
          cursor = answer.data.at(-1)?.cursor ?? '';
        }
        expect(found).toEqual(data.map(({ id }) => id.toString()));
        expect(await peers(server, { cursor: 'QmA' })).toEqual(['QmB', 'QmC']);
        expect(await peers(server, { chain: one.toUpperCase().replace('0X', '0x') })).toEqual(['QmA', 'QmC']);
        expect(await peers(server, { chain: 'name:Dev' })).toEqual(['QmA']);
        expect(await peers(server, { chain: 'Other' })).toEqual(['QmB']);
      },
    );
  });

  it('returns 409 with choices for a name of several chains: of open connections, otherwise of all', async () => {
    const [one, two] = HASHES;
    await withConnections(
      [
        { peerId: 'QmA', chain: 'Dev', genesisHash: one },
        { peerId: 'QmB', chain: 'Dev', genesisHash: one },
        { peerId: 'QmC', chain: 'Dev' },
        { peerId: 'QmD', chain: 'Dev', genesisHash: two, ...ENDED },
        { peerId: 'QmE', chain: 'Past', genesisHash: two, ...ENDED },
        { peerId: 'QmF', chain: 'Past', genesisHash: one, ...ENDED },
        { peerId: 'QmG', chain: 'Once', genesisHash: two, ...ENDED },
      ],
      async (server) => {
        for (const path of [
          '/nodes?chain=Dev',
          '/nodes/QmA?chain=Dev',
          '/nodes/QmA/connections?chain=Dev',
          '/nodes/logs?peer_id=QmA&chain=Dev',
          '/nodes/logs?peer_id=QmA&chain=Dev&format=csv',
          '/nodes/log_stats?peer_id=QmA&chain=Dev',
          '/nodes/peer_counts?peer_id=QmA&chain=Dev',
          '/network/Dev',
        ]) {
          const answer = await server.get(path);
          expect([path, answer.status]).toEqual([path, 409]);
          expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
          expect(await answer.json()).toMatchObject({
            status: 409,
            detail: expect.stringContaining('Dev') as string,
            chains: [
              { genesis_hash: one, name: 'Dev', node_count: 2 },
              { genesis_hash: null, name: 'Dev', node_count: 1 },
            ],
          });
        }
        const { chains } = (await (await server.get('/nodes?chain=Past')).json()) as { chains: object[] };
        expect(chains).toEqual([
          { genesis_hash: one, name: 'Past', node_count: 0 },
          { genesis_hash: two, name: 'Past', node_count: 0 },
        ]);
        expect(await peers(server, { chain: 'Once' })).toEqual(['QmD', 'QmE', 'QmG']);
      },
    );
  });

  it('describes the open connection with the latest message, and marks duplicates', async () => {
    const now = Date.now();
    const at = (lastMessageAt: number, more: Partial<ConnectionSnapshot>) => ({ lastMessageAt, ...more });
    await withConnections(
      [
        at(now - MINUTE_MS, { peerId: 'QmA', name: 'silent', startupTime: 1 }),
        at(now, { peerId: 'QmA', name: 'heard', startupTime: 1 }),
        at(now, { peerId: 'QmB', name: 'same', startupTime: 1 }),
        at(now - 1, { peerId: 'QmB', name: 'same', startupTime: 2 }),
        at(now, { peerId: 'QmC', name: 'one' }),
        at(now - 1, { peerId: 'QmC' }),
        at(now, { peerId: 'QmD', name: 'new', ...ENDED }),
        at(now - MINUTE_MS, { peerId: 'QmD', name: 'open' }),
        at(now - MINUTE_MS, { peerId: 'QmE', name: 'newest', ...ENDED }),
        at(now, { peerId: 'QmE', name: 'older', ...ENDED }),
      ].map((one) => ({ chain: 'Dev', ...one })),
      async (server, stored) => {
        const { data = [] } = await server.api.GET('/nodes');
        const id = (name: string): number | undefined => stored.find((one) => one.name === name)?.id;
        expect(data.map((node) => [node.id, node.name, node.connections, node.duplicate])).toEqual([
          [id('heard'), 'heard', 2, true],
          [id('same'), 'same', 2, true],
          [id('one'), 'one', 2, false],
          [id('open'), 'open', 1, false],
          [id('newest'), 'newest', 0, false],
        ]);
        for (const { peer_id, ...expected } of data) {
          const { data: node } = await server.api.GET('/nodes/{peer_id}', { params: { path: { peer_id } } });
          const { id, name, connections, duplicate } = expected;
          expect(node).toMatchObject({ id, name, connections, duplicate });
        }
      },
    );
  });

  it('marks a peer as connected by any of its connections, with the time of its latest message', async () => {
    const now = Date.now();
    await withConnections(
      [
        { peerId: 'QmA', ...ENDED, lastMessageAt: now - MINUTE_MS },
        { peerId: 'QmA', lastMessageAt: now },
      ],
      async (server) => {
        const { data = [] } = await server.api.GET('/nodes');
        expect(data.map((node) => [node.connected, Date.parse(node.last_message_at)])).toEqual([[true, now]]);
      },
    );
  });
});

describe('a node', () => {
  it('is returned with all that it reported of itself', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url);
    const node = await FakeNode.connect(`${server.ws}/audit`);
    await node.sendConnected({
      network_id: 'QmOwn',
      name: '<b>alice</b>',
      chain: 'Polkadot',
      startup_time: '1767323045678',
      target_os: 'linux',
      sysinfo: { cpu: 'AMD EPYC 7443P', memory: 67334475776, core_count: 24 },
    });
    const path = { params: { path: { peer_id: 'QmOwn' } } } as const;
    await waitUntil(async () => (await server.api.GET('/nodes/{peer_id}', path)).data !== undefined, {
      what: 'the node',
    });
    const { data: found } = await server.api.GET('/nodes/{peer_id}', path);
    expect(found).toMatchObject({
      peer_id: 'QmOwn',
      name: '<b>alice</b>',
      audit: true,
      path: '/audit',
      startup_time: 1767323045678,
      target_os: 'linux',
      sysinfo: { cpu: 'AMD EPYC 7443P', memory: 67334475776, core_count: 24 },
      connected: true,
      ended_at: null,
      connection_count: 1,
    });
    expect(found?.first_connected_at).toBe(found?.created_at);

    // Its row is updated each half a minute only.
    await node.sendV1({ msg: 'txpool.import' });
    const last = await waitUntil(
      async () =>
        (
          await database.query<{ at: Date }>(
            "SELECT received_at AS at FROM logs_audit WHERE logs->>'msg' = 'txpool.import'",
          )
        )[0],
      { what: 'the second message' },
    );
    const lastSeen = [
      (await server.api.GET('/nodes/{peer_id}', path)).data,
      (await server.api.GET('/nodes/{peer_id}/connections', path)).data?.[0],
    ].map((each) => Date.parse(each?.last_message_at ?? ''));
    expect(lastSeen).toEqual([last.at.getTime(), last.at.getTime()]);
    await node.close();
    await waitUntil(async () => (await server.api.GET('/nodes/{peer_id}', path)).data?.connected === false, {
      what: 'the end of the connection',
    });
    expect((await server.api.GET('/nodes/{peer_id}', path)).data).toMatchObject({
      end_code: 1000,
      ended_at: expect.stringMatching(TIME) as string,
    });
  });

  it('is that on the chain of its latest message, and lists its other chains', async () => {
    const [one, two] = ['1', '2'].map((digit) => `0x${digit.repeat(64)}`) as [string, string];
    const now = Date.now();
    await withConnections(
      [
        { peerId: 'QmA', chain: 'Two', genesisHash: two, lastMessageAt: now - MINUTE_MS },
        { peerId: 'QmA', chain: 'One', genesisHash: one, lastMessageAt: now, ...ENDED },
        { peerId: 'QmA', chain: 'One', genesisHash: one, lastMessageAt: now - 5 * MINUTE_MS, ...ENDED },
        { peerId: 'QmA', chain: 'Named', lastMessageAt: now - 2 * MINUTE_MS, ...ENDED },
      ],
      async (server, [onTwo, onOne, , named]) => {
        const node = async (chain?: string): Promise<unknown> =>
          (await server.get(`/nodes/QmA${chain === undefined ? '' : `?chain=${chain}`}`)).json();
        expect(await node()).toMatchObject({
          id: onOne?.id,
          genesis_hash: one,
          chain: 'One',
          connected: false,
          connections: 0,
          connection_count: 2,
          other_chains: [
            { genesis_hash: two, chain: 'Two', id: onTwo?.id },
            { genesis_hash: null, chain: 'Named', id: named?.id },
          ],
        });
        for (const chain of [two, 'Two']) {
          expect(await node(chain)).toMatchObject({
            id: onTwo?.id,
            connected: true,
            connection_count: 1,
            other_chains: [{ chain: 'One' }, { chain: 'Named' }],
          });
        }
        expect((await server.get('/nodes/QmA?chain=Nowhere')).status).toBe(404);
        const connections = async (query: string): Promise<number[]> =>
          ((await (await server.get(`/nodes/QmA/connections${query}`)).json()) as { id: number }[]).map(
            ({ id }) => id,
          );
        expect(await connections('')).toHaveLength(4);
        expect(await connections(`?chain=${one}`)).toHaveLength(2);
        expect(await connections('?chain=name:Named')).toEqual([named?.id]);
      },
    );
  });

  it('that is unknown is a 404, and has no connections', async () => {
    await withConnections([{ peerId: 'QmA' }], async (server) => {
      const path = { params: { path: { peer_id: 'QmNobody' } } } as const;
      const { error, response } = await server.api.GET('/nodes/{peer_id}', path);
      expect(response.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
      expect(error).toMatchObject({ status: 404, title: 'Not Found' });
      expect((await server.api.GET('/nodes/{peer_id}/connections', path)).data).toEqual([]);
    });
  });

  it('can have a peer id of any characters', async () => {
    const peerId = 'a/b?ä %2F 😀';
    await withConnections([{ peerId }], async (server) => {
      const { data } = await server.api.GET('/nodes/{peer_id}', { params: { path: { peer_id: peerId } } });
      expect(data?.peer_id).toBe(peerId);
    });
  });

  it('has its connections in pages, newest first, also if they were opened at the same time', async () => {
    const at = Date.now();
    const given = Array.from({ length: 23 }, (_, index) => ({
      peerId: 'QmA',
      ...(index > 5 && index < 15 && { createdAt: at }),
    }));
    await withConnections([...given, { peerId: 'QmB' }], async (server, stored) => {
      const own = stored.filter((one) => one.peerId === 'QmA');
      const found: { id: number; created_at: string }[] = [];
      for (let page: typeof found | undefined; page?.length !== 0; found.push(...page)) {
        const cursor = found.at(-1)?.id;
        const answer = await server.api.GET('/nodes/{peer_id}/connections', {
          params: { path: { peer_id: 'QmA' }, query: { limit: 4, ...(cursor !== undefined && { cursor }) } },
        });
        page = answer.data ?? [];
      }
      const ids = (rows: readonly { id: number }[]): number[] =>
        rows.map(({ id }) => id).sort((a, b) => a - b);
      expect(ids(found)).toEqual(ids(own));
      const times = found.map((one) => one.created_at);
      expect(times).toEqual([...times].sort().reverse());
    });
  });
});
