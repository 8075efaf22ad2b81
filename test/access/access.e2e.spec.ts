import type { OpenAPIObject } from '@nestjs/swagger';
import { once } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { createAnalyticsClient } from '../../src/client/index.js';
import { MetricsPort } from '../../src/platform/metrics/index.js';
import { bearer, READ_TOKEN, WITH_TOKENS, WRITE_TOKEN } from '../support/access.js';
import { TestDatabase } from '../support/databases.js';
import { FakeNode } from '../support/fake-node.js';
import { FeedClient } from '../support/feed-client.js';
import { OpenApiAnswers } from '../support/openapi-answers.js';
import { RawSocket } from '../support/raw-socket.js';
import { sharedServer } from '../support/shared-server.js';
import { TestServer } from '../support/test-server.js';
import { waitUntil } from '../support/wait-until.js';

const OTHER_TOKEN = 'knows-0123456789abcdef';

/** Routes that tell nothing of what is stored. Think twice before you add one. */
const OPEN = ['get /', 'get /health/live', 'get /health/ready', 'get /metrics'];

/** Every route of the document, with something in the place of each parameter of its path. */
async function routesOf(server: TestServer): Promise<{ name: string; method: string; path: string }[]> {
  const document = (await (await server.get('/openapi.json')).json()) as OpenAPIObject;
  return new OpenApiAnswers(document).operations.map(({ method, path }) => ({
    name: `${method} ${path}`,
    method: method.toUpperCase(),
    path: path.replace(/\{\w+\}/g, '1'),
  }));
}

async function statusOf(
  server: TestServer,
  { method, path }: { method: string; path: string },
  headers: Record<string, string> = {},
): Promise<number> {
  const answer = await fetch(server.http + path, { method, headers });
  await answer.arrayBuffer();
  return answer.status;
}

/** Without tokens. */
const openServer = sharedServer();

describe('a server with tokens', () => {
  const shared = sharedServer(WITH_TOKENS);

  it('responds with 401 to requests without one, on every documented route', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, WITH_TOKENS);
    const routes = await routesOf(server);
    expect(routes.length).toBeGreaterThan(30);
    for (const route of routes) {
      for (const headers of [{}, bearer(OTHER_TOKEN)]) {
        const answer = await fetch(server.http + route.path, { method: route.method, headers });
        const body = await answer.text();
        if (OPEN.includes(route.name)) {
          expect([route.name, answer.status]).toEqual([route.name, 200]);
          continue;
        }
        expect([route.name, answer.status, body]).toEqual([route.name, 401, body]);
        expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
        expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
        expect(JSON.parse(body)).toMatchObject({ status: 401, title: 'Unauthorized' });
      }
    }
    const counted = await server.metric('tetcore_http_unauthorized_total');
    const closed = routes.length - OPEN.length;
    expect(counted).toEqual(
      new Map([
        ['reason="missing"', closed],
        ['reason="unknown"', closed],
      ]),
    );
  });

  it('documents which routes are open', async () => {
    const { server } = openServer();
    const document = (await (await server.get('/openapi.json')).json()) as OpenAPIObject;
    expect(document.security).toEqual([{ token: [] }, {}]);
    const open = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.entries(item as Record<string, { security?: []; responses: object }>).flatMap(
        ([method, { security, responses }]) => {
          expect('401' in responses && '403' in responses).toBe(security === undefined);
          return security === undefined ? [] : [`${method} ${path}`];
        },
      ),
    );
    expect(open).toEqual(OPEN);
  });

  it('allows a token with the scope read to read, and one with write to do both', async () => {
    const { server } = shared();
    for (const route of (await routesOf(server)).filter(({ name }) => !OPEN.includes(name))) {
      const reads = await statusOf(server, route, bearer(READ_TOKEN));
      const writes = await statusOf(server, route, bearer(WRITE_TOKEN));
      expect([route.name, reads === 403]).toEqual([route.name, route.method !== 'GET']);
      expect([route.name, reads === 401, [401, 403].includes(writes)]).toEqual([route.name, false, false]);
    }
    const refused = await fetch(`${server.http}/benchmarks/1`, {
      method: 'DELETE',
      headers: bearer(READ_TOKEN),
    });
    expect(await refused.json()).toMatchObject({
      status: 403,
      detail: expect.stringContaining('write') as unknown,
    });
    expect(refused.headers.get('www-authenticate')).toBe('Bearer error="insufficient_scope", scope="write"');
    for (const method of ['HEAD', 'GET']) {
      expect(await statusOf(server, { method, path: '/nodes' }, bearer(READ_TOKEN))).toBe(200);
      expect(await statusOf(server, { method, path: '/nodes' })).toBe(401);
    }
  });

  it('requires a token to read if there are only tokens with the scope write, for any spelling of a path', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, { API_TOKENS: `write:${WRITE_TOKEN}` });
    for (const path of ['/nodes', '/nodes/', '/NODES', '/nodes?a=b', '/nodes/logs', '/stats/db']) {
      expect([path, await statusOf(server, { method: 'GET', path })]).toEqual([path, 401]);
    }
    expect(await statusOf(server, { method: 'GET', path: '/nodes' }, bearer(WRITE_TOKEN))).toBe(200);
  });

  it('needs no token for pages, the API description and telemetry', async () => {
    const { server } = shared();
    for (const path of [
      '/',
      '/index.css',
      '/docs',
      '/openapi.json',
      '/health/live',
      '/health/ready',
      '/metrics',
    ]) {
      expect([path, await statusOf(server, { method: 'GET', path })]).toEqual([path, 200]);
    }
    for (const path of ['/feed', '/audit', '/submit']) {
      expect([path, await statusOf(server, { method: 'GET', path })]).toEqual([path, 426]);
    }
    expect(await statusOf(server, { method: 'GET', path: '/none' })).toBe(404);
    const node = await FakeNode.connect(server.ws);
    await node.sendConnected({ network_id: 'QmExample' });
    expect((await node.close()).code).toBe(1000);
  });

  it('accepts one header by RFC 6750, and no other', async () => {
    const { server } = shared();
    const right = `Bearer ${READ_TOKEN}`;
    const table: [string[], number][] = [
      [[`Authorization: ${right}`], 200],
      [[`authorization: bearer ${READ_TOKEN}`], 200],
      [[`Authorization: BEARER    ${READ_TOKEN}  `], 200],
      [[`Authorization: ${right}`, `Authorization: ${right}`], 401],
      [[`Authorization: Bearer ${OTHER_TOKEN}`, `Authorization: ${right}`], 401],
      [[`Authorization: ${right}, ${right}`], 401],
      [['Authorization:'], 401],
      [['Authorization: Bearer'], 401],
      [['Authorization: Bearer '], 401],
      [[`Authorization: ${READ_TOKEN}`], 401],
      [[`Authorization: Basic ${Buffer.from(`x:${READ_TOKEN}`).toString('base64')}`], 401],
      [[`Authorization: Bearer read:${READ_TOKEN}`], 401],
      [[`Authorization: ${right}x`], 401],
      [[`Authorization: ${right.slice(0, -1)}`], 401],
      [[`Authorization: ${right.toUpperCase()}`], 401],
      [[`Authorization: Bearer ${'a'.repeat(8192)}`], 401],
      [[`Authorization: Bearer ${' '.repeat(8000)}x`], 401],
      [[`Authorization: Bearer ${'='.repeat(8000)}x`], 401],
      [[`Cookie: token=${READ_TOKEN}`], 401],
      [[`X-Authorization: ${right}`, `Proxy-Authorization: ${right}`], 401],
    ];
    for (const [headers, status] of table) {
      const raw = await RawSocket.connect(server.http);
      raw.write(['GET /nodes HTTP/1.1', 'Host: x', 'Connection: close', ...headers, '', ''].join('\r\n'));
      const answer = (await raw.ended).toString();
      expect([headers, answer.slice(0, 12)]).toEqual([headers, `HTTP/1.1 ${status.toString()}`]);
    }
    expect(await statusOf(server, { method: 'GET', path: `/nodes?token=${READ_TOKEN}` })).toBe(401);
    expect(await statusOf(server, { method: 'GET', path: `/nodes?access_token=${READ_TOKEN}` })).toBe(401);
  });

  it('reads no body of an unauthorized client', async () => {
    const { server } = shared();
    const headers = { 'content-type': 'application/json' };
    for (const path of ['/benchmarks', '/none', '/health/live']) {
      for (const [shown, status] of [
        [{}, 401],
        [bearer(READ_TOKEN), 403],
      ] as const) {
        const answer = await fetch(server.http + path, {
          method: 'POST',
          headers: { ...headers, ...shown },
          body: '{"broken',
        });
        expect([path, answer.status]).toEqual([path, status]);
      }
    }
    // What has not come yet is not waited for.
    const raw = await RawSocket.connect(server.http);
    raw.write('POST /benchmarks HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n');
    raw.write('Content-Length: 8000000\r\n\r\n{');
    await once(raw.socket, 'data');
    expect(raw.text).toMatch(/^HTTP\/1\.1 401 /);
    raw.socket.destroy();
    const broken = await fetch(`${server.http}/benchmarks`, {
      method: 'POST',
      headers: { ...headers, ...bearer(WRITE_TOKEN) },
      body: '{"broken',
    });
    expect(broken.status).toBe(400);
  });

  it('writes no token into its log', async () => {
    const written: string[] = [];
    const keep = (text: unknown): boolean => written.push(String(text)) > 0;
    const spies = [process.stdout, process.stderr].map((stream) =>
      vi.spyOn(stream, 'write').mockImplementation(keep),
    );
    try {
      await using database = await TestDatabase.create();
      await using server = await TestServer.ready(database.url, { ...WITH_TOKENS, LOG_LEVEL: 'trace' });
      for (const token of [READ_TOKEN, WRITE_TOKEN, OTHER_TOKEN]) {
        const json = { 'content-type': 'application/json' };
        await fetch(`${server.http}/nodes?token=${token}`, { headers: bearer(token) });
        await fetch(`${server.http}/stats/db`, { headers: bearer(`${token} ${token}`) });
        await fetch(`${server.http}/benchmarks`, {
          method: 'POST',
          headers: { ...json, ...bearer(token) },
          body: '{',
        });
        await fetch(`${server.http}/benchmarks/1`, { method: 'DELETE', headers: bearer(token) });
        const feed = await FeedClient.connect(server.ws);
        feed.send({ token, msg: token, peer_id: token });
        await waitUntil(() => feed.errors.length > 0, { what: 'the answer of the feed' });
        expect(feed.errors.join()).not.toContain(token);
        await feed.close();
      }
    } finally {
      for (const spy of spies) spy.mockRestore();
    }
    const log = written.join('');
    expect(log).toContain('require a token of API_TOKENS');
    expect(log).not.toContain('0123456789abcdef');
  });

  it('accepts requests of the generated client with a token', async () => {
    const { server } = shared();
    expect((await createAnalyticsClient(server.http).GET('/nodes')).response.status).toBe(401);
    const nodes: unknown = await (
      await fetch(`${server.http}/nodes`, { headers: bearer(READ_TOKEN) })
    ).json();
    expect(nodes).toBeInstanceOf(Array);
    for (const token of [READ_TOKEN, () => READ_TOKEN]) {
      const { data } = await createAnalyticsClient(server.http, { token }).GET('/nodes');
      expect(data).toEqual(nodes);
    }
    const none = createAnalyticsClient(server.http, { token: () => undefined });
    expect((await none.GET('/nodes')).response.status).toBe(401);
  });
});

describe('a server without tokens', () => {
  it('accepts requests with and without one', async () => {
    const { server } = openServer();
    const route = { method: 'GET', path: '/nodes' };
    for (const headers of [{}, bearer(OTHER_TOKEN), { Authorization: 'Basic eA==' }]) {
      expect(await statusOf(server, route, headers)).toBe(200);
    }
  });
});

describe('CORS', () => {
  const preflight = {
    Origin: 'https://pages.example',
    'Access-Control-Request-Method': 'POST',
    'Access-Control-Request-Headers': 'authorization,content-type',
  };

  it('is off by default', async () => {
    const { server } = openServer();
    for (const [method, path] of [
      ['OPTIONS', '/benchmarks'],
      ['GET', '/nodes'],
      ['GET', '/none'],
    ] as const) {
      const { headers } = await fetch(server.http + path, { method, headers: preflight });
      expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
  });

  it('allows configured pages to send a token without cookies, and no others', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, {
      ...WITH_TOKENS,
      CORS_ORIGINS: 'https://pages.example, https://more.example:8443',
    });
    const asked = await fetch(`${server.http}/benchmarks`, { method: 'OPTIONS', headers: preflight });
    expect(asked.status).toBe(204);
    expect(Object.fromEntries(asked.headers)).toMatchObject({
      'access-control-allow-origin': 'https://pages.example',
      allow: 'GET, HEAD, OPTIONS, POST',
      'access-control-allow-methods': 'GET,HEAD,OPTIONS,POST',
      'access-control-allow-headers': 'Authorization,Content-Type,If-None-Match',
      'access-control-expose-headers': 'Allow,ETag,Location,Retry-After,WWW-Authenticate',
      vary: expect.stringContaining('Origin') as unknown,
    });
    expect(asked.headers.has('access-control-allow-credentials')).toBe(false);
    const changing = await fetch(`${server.http}/benchmarks/1`, { method: 'OPTIONS', headers: preflight });
    expect(changing.headers.get('access-control-allow-methods')).toBe('DELETE,GET,HEAD,OPTIONS,PATCH');
    // A page is to learn that its token is wrong.
    for (const [headers, status] of [
      [bearer(READ_TOKEN), 200],
      [bearer(OTHER_TOKEN), 401],
    ] as const) {
      const answer = await fetch(`${server.http}/nodes`, {
        headers: { Origin: 'https://more.example:8443', ...headers },
      });
      expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([
        status,
        'https://more.example:8443',
      ]);
    }
    const other = await fetch(`${server.http}/nodes`, {
      headers: { Origin: 'https://pages.example.evil.example', ...bearer(READ_TOKEN) },
    });
    expect(other.headers.has('access-control-allow-origin')).toBe(false);
  });

  it('can allow all pages', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, { CORS_ORIGINS: '*' });
    const answer = await fetch(`${server.http}/nodes`, { headers: { Origin: 'null' } });
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
  });
});

describe('the port of metrics', () => {
  it('serves metrics and health only, and PORT serves no metrics', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, { ...WITH_TOKENS, METRICS_PORT: '0' });
    const port = server.server.app.get(MetricsPort).number ?? 0;
    const there = `http://127.0.0.1:${port.toString()}`;
    for (const path of ['/metrics', '/metrics/', '/health/live', '/health/ready']) {
      expect([path, (await fetch(there + path)).status]).toEqual([path, 200]);
    }
    expect(await (await fetch(`${there}/metrics`)).text()).toContain('tetcore_build_info');
    expect((await fetch(`${there}/metrics?a=b`)).status).toBe(400);
    for (const path of [
      '/',
      '/nodes',
      '/docs',
      '/openapi.json',
      '/METRICS',
      '//metrics',
      '/health',
      '/metrics/x',
    ]) {
      const answer = await fetch(there + path, { headers: bearer(WRITE_TOKEN) });
      expect([path, answer.status]).toEqual([path, 404]);
      expect(await answer.json()).toMatchObject({ status: 404 });
    }
    for (const path of ['/metrics', '/metrics/', '/METRICS', '/Metrics/', '/%6detrics']) {
      expect([path, await statusOf(server, { method: 'GET', path }, { Host: '127.0.0.1' })]).toEqual([
        path,
        404,
      ]);
    }
    for (const path of ['/health/live', '/health/ready', '/']) {
      expect([path, await statusOf(server, { method: 'GET', path })]).toEqual([path, 200]);
    }
    await server.stop();
    await expect(fetch(`${there}/metrics`)).rejects.toThrow();
  });

  it('accepts no sockets of nodes or of the feed', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, { METRICS_PORT: '0' });
    const port = server.server.app.get(MetricsPort).number ?? 0;
    await expect(FakeNode.connect(`ws://127.0.0.1:${port.toString()}`)).rejects.toThrow('404');
  });

  it('that is in use fails the start, and leaves nothing behind', async () => {
    await using database = await TestDatabase.create();
    await using other = await TestServer.ready(database.url);
    const taken = other.server.port.toString();
    await expect(TestServer.start(database.url, { METRICS_PORT: taken })).rejects.toThrow(
      `Port ${taken} (METRICS_PORT) of 127.0.0.1 is used by`,
    );
  });
});
