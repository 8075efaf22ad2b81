import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { countNodesByStatus, StatusJob, StatusLimits } from '../../src/network/index.js';
import { ReadTransaction } from '../../src/storage/index.js';
import { TestDatabase } from '../support/databases.js';
import { FakeNode } from '../support/fake-node.js';
import { NetworkClient } from '../support/network-client.js';
import { TestServer } from '../support/test-server.js';
import { waitUntil } from '../support/wait-until.js';

const CHAIN = 'Testnet';
const BLOCK_MS = 100;
const FIRST = 100_000;
/** Twenty times as fast as they are: then a block each 100 ms is as one each two seconds. */
const SPEED = 20;
const FAST: Partial<StatusLimits> = Object.fromEntries(
  (['silentUs', 'stuckUs', 'laggingUs', 'forkUs', 'gainUs'] as const).map((limit) => [
    limit,
    new StatusLimits()[limit] / SPEED,
  ]),
);

interface ListedNode {
  name: string;
  status: string | null;
  status_since: string | null;
  clock_wrong: boolean | null;
  connected: boolean;
}

/** The best block of a node when that of the chain is at a height; undefined if it says nothing at all. */
type Mode = (height: number) => { height: number; branch?: string } | undefined;

const follow: Mode = (height) => ({ height });
const quiet: Mode = () => undefined;

/** A node that reports its best block as its mode tells. */
class ReportingNode {
  private lastHash = '';

  private constructor(
    readonly name: string,
    private readonly server: TestServer,
    private socket: FakeNode,
    public mode: Mode,
    /** How far its clock is ahead: milliseconds. */
    public aheadMs = 0,
  ) {}

  static async connect(server: TestServer, name: string, mode: Mode = follow): Promise<ReportingNode> {
    return new ReportingNode(name, server, await open(server, name), mode);
  }

  async tick(chainHeight: number): Promise<void> {
    const best = this.mode(chainHeight);
    if (best === undefined || !this.socket.isOpen) return;
    const { height, branch = 'a' } = best;
    const hash = `0x${Buffer.from(`${branch}${height.toString()}`).toString('hex').padStart(64, '0')}`;
    const isNew = hash !== this.lastHash;
    this.lastHash = hash;
    await this.socket.sendV1(
      isNew
        ? { msg: 'block.import', best: hash, height, origin: 'NetworkBroadcast' }
        : { msg: 'system.interval', best: hash, height, txcount: 0 },
      new Date(Date.now() + this.aheadMs).toISOString(),
    );
  }

  async leave(): Promise<void> {
    await this.socket.close();
  }

  async return(): Promise<void> {
    this.socket = await open(this.server, this.name);
  }
}

const hosts = new Map<string, number>();

async function open(server: TestServer, name: string): Promise<FakeNode> {
  const host = hosts.get(name) ?? hosts.size + 1;
  hosts.set(name, host);
  const node = await FakeNode.connect(server.ws, { localAddress: `127.0.0.${host.toString()}` });
  await node.sendConnected({ network_id: `Qm${name}`, name, chain: CHAIN });
  return node;
}

/** Lets time pass for nodes and passes until the end of its scope. */
class Time implements AsyncDisposable {
  private readonly startedAt = performance.now();
  private isOver = false;
  private round = Promise.resolve();
  private readonly ended: Promise<void>;

  constructor(
    private readonly nodes: readonly ReportingNode[],
    /** Only one of them makes passes. */
    private servers: readonly TestServer[],
  ) {
    this.ended = this.run();
  }

  /** From now on only these make passes. */
  async continueWith(...servers: TestServer[]): Promise<void> {
    this.servers = servers;
    await this.round;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.isOver = true;
    await this.ended;
  }

  private async run(): Promise<void> {
    while (!this.isOver) {
      await (this.round = this.once());
      await sleep(BLOCK_MS / 2);
    }
  }

  private async once(): Promise<void> {
    const height = FIRST + Math.floor((performance.now() - this.startedAt) / BLOCK_MS);
    await Promise.all(this.nodes.map((node) => node.tick(height)));
    for (const { app } of this.servers) await app.get(StatusJob, { strict: false }).pass();
  }
}

async function start(database: TestDatabase): Promise<TestServer> {
  const server = await TestServer.ready(database.url, { CACHE_UPDATE_INTERVAL_MS: '50' });
  Object.assign(server.app.get(StatusLimits, { strict: false }), FAST);
  return server;
}

async function listed(server: TestServer, query = ''): Promise<ListedNode[]> {
  return (await (await server.get(`/nodes?chain=${CHAIN}${query}`)).json()) as ListedNode[];
}

const statuses = (nodes: readonly ListedNode[]): Record<string, string | null> =>
  Object.fromEntries(nodes.map(({ name, status }) => [name, status]));

const statesOf = (nodes: readonly ListedNode[]): unknown[] =>
  nodes.map(({ name, status, status_since, clock_wrong }) => [name, status, status_since, clock_wrong]);

async function shows(server: TestServer, expected: Record<string, string>): Promise<ListedNode[]> {
  return await waitUntil(
    async () => {
      const nodes = await listed(server);
      expect(statuses(nodes)).toMatchObject(expected);
      return nodes;
    },
    { what: JSON.stringify(expected), everyMs: 50, timeoutMs: 40_000 },
  );
}

/** The statuses of a node in the order in which the feed sent them. */
function sent(client: NetworkClient, name: string): unknown[] {
  const names = new Map<number, unknown>();
  return client.frames.flatMap(({ nodes }) =>
    nodes.flatMap((node) => {
      if (node.name !== undefined) names.set(node.id, node.name);
      return names.get(node.id) === name && 'status' in node ? [node.status] : [];
    }),
  );
}

describe('the statuses of nodes', { timeout: 120_000 }, () => {
  it('begin and clear, and are the same at each replica, in lists, chains and the feed', async () => {
    await using database = await TestDatabase.create();
    await using one = await start(database);
    await using two = await start(database);
    const names = ['alice', 'bob', 'carol', 'stuck', 'lagging', 'fork', 'silent', 'gone'];
    const nodes = await Promise.all(
      names.map((name, at) => ReportingNode.connect(at % 2 === 0 ? one : two, name)),
    );
    const node = (name: string): ReportingNode => {
      const found = nodes.find((each) => each.name === name);
      if (found === undefined) throw new Error(`There is no ${name}.`);
      return found;
    };
    node('lagging').aheadMs = 3_600_000;
    await using time = new Time(nodes, [one, two]);
    const client = await NetworkClient.connect(two.ws);
    client.subscribe(CHAIN, { fields: ['name', 'status', 'status_since'] });
    const [healthy] = await shows(one, Object.fromEntries(names.map((name) => [name, 'healthy'])));
    expect(Date.parse(healthy?.status_since ?? '')).toBeLessThan(Date.now());

    let stopped: number | undefined;
    node('stuck').mode = (height) => ({ height: (stopped ??= height) });
    // Its clock is set back by an hour, too.
    node('lagging').aheadMs = 0;
    node('lagging').mode = (height) => ({ height: height - 7 });
    node('fork').mode = (height) => ({ height, branch: 'b' });
    node('silent').mode = quiet;
    await node('gone').leave();
    // It connects far behind, and gains as long as it must.
    let far = FIRST - 50_000;
    nodes.push(await ReportingNode.connect(two, 'syncing', () => ({ height: (far += 20) })));
    const expected = {
      alice: 'healthy',
      bob: 'healthy',
      carol: 'healthy',
      stuck: 'stuck',
      lagging: 'lagging',
      fork: 'fork',
      silent: 'silent',
      gone: 'offline',
      syncing: 'syncing',
    };
    const atOne = await shows(one, expected);
    const since = new Map(atOne.map(({ name, status_since }) => [name, status_since]));
    expect(statesOf(await shows(two, expected))).toEqual(statesOf(atOne));

    // All of them, in each response.
    const [ended] = await database.query<{ at: Date }>(
      'SELECT ended_at AS at FROM peer_connections WHERE ended_at IS NOT NULL',
    );
    expect(Date.parse(since.get('gone') ?? '')).toBe(ended?.at.getTime());
    const counts = { silent: 1, syncing: 1, fork: 1, stuck: 1, lagging: 1, healthy: 3 };
    for (const server of [one, two]) {
      const network = await waitUntil(
        async () => {
          const answer = (await (await server.get(`/network/${CHAIN}`)).json()) as {
            header: object;
            nodes: ListedNode[];
          };
          expect(answer.header).toMatchObject({ node_count: 8, status_counts: counts });
          return answer;
        },
        { what: 'the view', everyMs: 50 },
      );
      expect({ ...statuses(network.nodes), gone: 'offline' }).toEqual(expected);
      for (const { name, status_since } of network.nodes)
        expect([name, status_since]).toEqual([name, since.get(name)]);
      const chains = (await (await server.get('/network')).json()) as object[];
      expect(chains).toMatchObject([{ name: CHAIN, status_counts: counts }]);
      const found = (await ReadTransaction.run(server.app.get(DataSource), countNodesByStatus)) ?? [];
      expect(Object.fromEntries(found.map(({ status, nodes: count }) => [status, count]))).toEqual(counts);
      expect(new Set(found.map(({ chain }) => chain))).toEqual(new Set([`name:${CHAIN}`]));
    }
    for (const [filter, wanted] of [
      ['status=stuck', ['stuck']],
      ['status=lagging,offline', ['gone', 'lagging']],
      ['status=silent,fork,syncing&connected=true', ['fork', 'silent', 'syncing']],
      ['status=offline&connected=true', []],
    ] as const) {
      const found = await listed(one, `&${filter}`);
      expect([filter, found.map(({ name }) => name).sort()]).toEqual([filter, wanted]);
    }
    const detail = async (name: string): Promise<unknown> => (await one.get(`/nodes/Qm${name}`)).json();
    expect(await detail('fork')).toMatchObject({
      status: 'fork',
      status_since: since.get('fork'),
      clock_wrong: false,
    });
    expect(await detail('gone')).toMatchObject({
      status: 'offline',
      status_since: since.get('gone'),
      clock_wrong: null,
    });

    for (const each of nodes) each.mode = follow;
    await node('gone').return();
    const cleared = await shows(
      two,
      Object.fromEntries(Object.keys(expected).map((name) => [name, 'healthy'])),
    );
    for (const { name, status_since } of cleared) {
      const before = since.get(name) ?? '';
      const isSame = ['alice', 'bob', 'carol'].includes(name);
      expect([name, isSame ? status_since === before : (status_since ?? '') > before]).toEqual([name, true]);
    }
    for (const name of Object.keys(expected)) await client.sees(name, { status: 'healthy' });
    for (const name of ['stuck', 'lagging', 'fork', 'silent']) {
      const all = sent(client, name);
      expect([
        name,
        all.indexOf(name) > all.indexOf('healthy'),
        all.lastIndexOf('healthy') > all.lastIndexOf(name),
      ]).toEqual([name, true, true]);
    }
    client.close();
    await time.continueWith();
  });

  it('stay as they are when another replica continues', async () => {
    await using database = await TestDatabase.create();
    await using one = await start(database);
    await using two = await start(database);
    const nodes = await Promise.all(
      ['alice', 'bob', 'carol', 'slow'].map((name) => ReportingNode.connect(one, name)),
    );
    const slow = nodes[3];
    if (slow !== undefined) slow.mode = (height) => ({ height: height - 9 });
    const owner = async (): Promise<unknown> =>
      (await database.query<{ owner: unknown }>('SELECT owner FROM node_status_pass'))[0]?.owner;
    const expected = { alice: 'healthy', bob: 'healthy', carol: 'healthy', slow: 'lagging' };
    await using time = new Time(nodes, [two, one]);
    const before = await shows(one, expected);
    const former = await owner();
    await time.continueWith(one);
    await two.stop();
    // As if a quarter of a minute had passed.
    await database.query("UPDATE node_status_pass SET passed_at = now() - interval '16 s'");
    await waitUntil(async () => (await owner()) !== former, { what: 'another process' });
    const after = await shows(one, expected);
    expect(statesOf(after)).toEqual(statesOf(before));
  });

  it('have the clocks of the last whole hour, while that is aggregated', async () => {
    await using database = await TestDatabase.create();
    const names = ['right', 'wrong', 'little', 'unknown'];
    // Another process seems to aggregate, and is behind.
    await database.query(
      `INSERT INTO insight_state (began_at, closed_until, stored_until, passed_at, owner)
       SELECT at, at, at, now() + interval '1 hour', '00000000-0000-4000-8000-000000000001'
         FROM (SELECT now() - interval '3 hours' AS at) AS behind`,
    );
    await database.query(
      `WITH chain AS (INSERT INTO chains (key, name, names, first_seen_at, last_seen_at)
                      VALUES ('name:' || $1, $1, ARRAY[$1], now(), now()) RETURNING id)
       INSERT INTO nodes (chain_id, peer_id, first_seen_at, last_seen_at, heard, last_collector)
       SELECT id, 'Qm' || name, now(), now(), interval '1 hour', 1 FROM chain, unnest($2::text[]) AS name`,
      [CHAIN, names],
    );
    await using server = await start(database);
    // What the server measures itself does not count so soon.
    server.app.get(StatusLimits, { strict: false }).clockPeriodUs = Infinity;
    const nodes = await Promise.all(names.map((name) => ReportingNode.connect(server, name)));
    await using time = new Time(nodes, [server]);
    const clocks = async (): Promise<unknown> =>
      Object.fromEntries((await listed(server)).map(({ name, clock_wrong }) => [name, clock_wrong]));
    const shown = (expected: object): Promise<unknown> =>
      waitUntil(
        async () => {
          expect(await clocks()).toEqual(expected);
          return true;
        },
        { what: JSON.stringify(expected), everyMs: 50, timeoutMs: 20_000 },
      );
    const allRight = { right: false, wrong: false, little: false, unknown: false };
    await shown(allRight);
    await database.query(
      `WITH state AS (UPDATE insight_state SET closed_until = now() RETURNING closed_until)
       INSERT INTO insight_node_hours (hour, clock_offset_us, download_sum, upload_sum, chain_id, node_id, imports, expected, arrived,
                                       behind_sum, minutes, chain_reports, network_reports, behind_minutes, clock_steps, delay_bins, lag_bins, peers_bins, txcount_bins)
       SELECT date_trunc('hour', closed_until, 'UTC') - interval '1 hour', micros, 0, 0, chain_id, id, 0, 0, 0, 0, minutes, 0, 0, 0, 0, '{}', '', '', ''
         FROM (VALUES ('Qmright', 5000, 60), ('Qmwrong', -700000, 30), ('Qmlittle', -700000, 29)) AS planted (peer, micros, minutes)
         JOIN nodes ON peer_id = peer, state`,
    );
    await shown({ ...allRight, wrong: true });
    // When the hour is too long ago, each flag stays until the server has measured the clock.
    await database.query("UPDATE insight_state SET closed_until = now() - interval '3 hours'");
    await server.app.get(StatusJob, { strict: false }).pass();
    expect(await clocks()).toEqual({ ...allRight, wrong: true });
    await time.continueWith();
  });

  it('are refused as filters if they do not exist', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url);
    for (const query of [
      'status=',
      'status=well',
      'status=stuck,',
      'status=stuck&status=fork',
      'status=Stuck',
    ]) {
      expect([query, (await server.get(`/nodes?${query}`)).status]).toEqual([query, 400]);
    }
  });
});
