import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { TestDatabase } from '../support/databases.js';
import { FakeNode } from '../support/fake-node.js';
import { FeedClient } from '../support/feed-client.js';
import { refusal } from '../support/refusal.js';
import { bearer, READ_TOKEN, WITH_TOKENS } from '../support/access.js';
import { TestServer } from '../support/test-server.js';

const REBOUND = 'rebound.example';

interface Answer {
  status: number;
  body: string;
  type: string | undefined;
}

/** Asks as a browser would, which sends what pages cannot set. */
async function ask(
  server: TestServer,
  path: string,
  headers: Record<string, string>,
  { method = 'GET', body }: { method?: string; body?: string | undefined } = {},
): Promise<Answer> {
  const asking = request(server.http + path, { method, headers, agent: false }).end(body);
  const [answer] = (await once(asking, 'response')) as [IncomingMessage];
  return {
    status: answer.statusCode ?? 0,
    body: await text(answer),
    type: answer.headers['content-type'],
  };
}

async function hostSystems(database: TestDatabase): Promise<number> {
  const [row] = await database.query<{ n: number }>('SELECT count(*)::int AS n FROM host_systems');
  return row?.n ?? NaN;
}

describe('a page whose name resolves to a server without tokens (DNS rebinding)', () => {
  it('cannot read data over HTTP or the feed, while probes work with any name', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url);
    for (const path of ['/', '/nodes', '/nodes/logs?peer_id=Qm', '/network', '/openapi.json', '/none']) {
      const { status, body, type } = await ask(server, path, { Host: REBOUND });
      expect([path, status, type]).toEqual([path, 421, 'application/problem+json; charset=utf-8']);
      expect(JSON.parse(body)).toMatchObject({
        status: 421,
        detail: expect.stringContaining('ALLOWED_HOSTS') as string,
      });
    }
    const origin = `http://${REBOUND}`;
    const feed = await refusal(`${server.ws}/feed`, { headers: { Host: REBOUND, Origin: origin } });
    expect(feed.status).toBe(421);
    for (const path of ['/health/live', '/health/ready', '/metrics']) {
      expect([path, (await ask(server, path, { Host: REBOUND })).status]).toEqual([path, 200]);
    }
    for (const host of ['localhost:1', '192.0.2.1', 'analytics:8080']) {
      expect([host, (await ask(server, '/nodes', { Host: host })).status]).toEqual([host, 200]);
    }
    expect(await server.metric('tetcore_http_unauthorized_total')).toEqual(new Map([['reason="host"', 7]]));
    expect(await server.metric('tetcore_upgrades_refused_total')).toEqual(
      new Map([['status="421",reason="host_not_allowed"', 1]]),
    );
  });

  it('is accepted if ALLOWED_HOSTS has its name, and needs a token if there are any', async () => {
    await using database = await TestDatabase.create();
    {
      await using named = await TestServer.ready(database.url, {
        ALLOWED_HOSTS: 'a.example, rebound.example',
      });
      expect((await ask(named, '/nodes', { Host: `${REBOUND}:8080` })).status).toBe(200);
      expect((await ask(named, '/nodes', { Host: 'b.example' })).status).toBe(421);
    }
    await using closed = await TestServer.ready(database.url, WITH_TOKENS);
    expect((await ask(closed, '/nodes', { Host: REBOUND })).status).toBe(401);
    expect((await ask(closed, '/nodes', { Host: REBOUND, ...bearer(READ_TOKEN) })).status).toBe(200);
  });
});

describe('a page of another origin', () => {
  const FOREIGN = 'https://elsewhere.example';
  const LISTED = 'https://pages.example';

  it('cannot open a node socket unless CORS_ORIGINS has it', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, { CORS_ORIGINS: LISTED });
    for (const path of ['/', '/audit', '/submit']) {
      for (const origin of [FOREIGN, 'null', server.http]) {
        const { status } = await refusal(server.ws + path, { headers: { Origin: origin } });
        expect([path, origin, status]).toEqual([path, origin, 403]);
      }
      const listed = await FakeNode.connect(server.ws + path, { headers: { Origin: LISTED } });
      await listed.close();
      // Nodes are no browsers, and dial by any name.
      const node = await FakeNode.connect(server.ws + path, { headers: { Host: REBOUND } });
      await node.close();
    }
    expect(await server.metric('tetcore_upgrades_refused_total')).toEqual(
      new Map([['status="403",reason="origin_not_allowed"', 9]]),
    );
  });

  it('cannot change data by requests without preflight', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, { CORS_ORIGINS: LISTED });
    const json = { 'Content-Type': 'application/json' };
    const machine = { cpu_clock: 3_000, cpu_qty: 8, disk_info: 'NVMe', os: 'linux', ram_mb: 16_384 };
    const body = JSON.stringify({ description: 'A machine.', ...machine });
    const attempts: [headers: Record<string, string>, body: string | undefined, status: number][] = [
      [{ Origin: FOREIGN, 'Content-Type': 'text/plain' }, body, 403],
      [{ Origin: FOREIGN, 'Content-Type': 'application/x-www-form-urlencoded' }, 'a=b', 403],
      [{ Origin: FOREIGN }, undefined, 403],
      [{ Origin: 'null', ...json }, body, 403],
      [{ 'Sec-Fetch-Site': 'cross-site', ...json }, body, 403],
      // A program, which says no origin, has to say what it sends.
      [{ 'Content-Type': 'text/plain' }, body, 415],
    ];
    for (const path of ['/host_systems', '/host_systems/from_node', '/benchmarks']) {
      for (const [headers, sent, status] of attempts) {
        const answer = await ask(server, path, headers, { method: 'POST', body: sent });
        expect([path, headers, answer.status]).toEqual([path, headers, status]);
      }
    }
    expect(await hostSystems(database)).toBe(0);
    const from = { Origin: server.http, 'Sec-Fetch-Site': 'same-origin' };
    for (const headers of [{}, from, { Origin: LISTED, 'Sec-Fetch-Site': 'cross-site' }]) {
      const answer = await ask(server, '/host_systems', { ...json, ...headers }, { method: 'POST', body });
      expect(answer).toMatchObject({ status: 201 });
    }
    expect(await hostSystems(database)).toBe(3);
    expect((await ask(server, '/nodes', { Origin: FOREIGN })).status).toBe(200);
    const feed = await FeedClient.connect(server.ws, { headers: { Origin: LISTED } });
    await feed.close();
  });
});
