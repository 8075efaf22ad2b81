import { ForbiddenException, HttpException, Inject, Injectable, Module } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { AccessGuard, type Extensions, type FeedGuard } from '../../src/index.js';
import { FeedLimits } from '../../src/feed/index.js';
import { READ_TOKEN, WITH_TOKENS, WRITE_TOKEN } from '../support/access.js';
import { TestDatabase } from '../support/databases.js';
import { FakeNode } from '../support/fake-node.js';
import { FeedClient } from '../support/feed-client.js';
import { frame, RawSocket, upgradeRequest } from '../support/raw-socket.js';
import { refusal } from '../support/refusal.js';
import { TestServer } from '../support/test-server.js';
import { waitUntil } from '../support/wait-until.js';

const PEER = 'QmFeedWithTokens';
const FAST = { CACHE_UPDATE_INTERVAL_MS: '50' };
const SUBSCRIBE = {
  peer_id: PEER,
  msg: 'block.import',
  interest: 'subscribe',
  start_time: '2020-01-01T00:00:00',
};

async function sendBlock(server: TestServer): Promise<void> {
  const node = await FakeNode.connect(server.ws);
  await node.sendConnected({ network_id: PEER });
  await node.sendV1({ msg: 'block.import', height: 7 });
  await node.close();
}

describe('the live feed of a server with tokens', () => {
  it('serves a client whose first frame has a token, alone or with a request', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, { ...WITH_TOKENS, ...FAST });
    await sendBlock(server);
    for (const token of [READ_TOKEN, WRITE_TOKEN]) {
      const alone = await FeedClient.connect(server.ws);
      alone.send({ token });
      alone.send(SUBSCRIBE);
      const together = await FeedClient.connect(server.ws);
      together.send({ ...SUBSCRIBE, token });
      const network = await FeedClient.connect(server.ws);
      network.send({ token, network: 'Development', interest: 'subscribe', fields: ['name'] });
      await alone.has(1);
      await together.has(1);
      for (const client of [alone, together, network]) {
        expect(client.errors).toEqual([]);
        expect((await client.close()).code).not.toBe(4401);
      }
    }
  });

  it('responds to every other first frame with an error, and closes with 4401', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, { ...WITH_TOKENS, ...FAST });
    await sendBlock(server);
    const frames: unknown[] = [
      SUBSCRIBE,
      { ...SUBSCRIBE, token: 'knows-0123456789abcdef' },
      { token: '' },
      { token: [READ_TOKEN] },
      { token: null },
      { Token: READ_TOKEN },
      { network: 'Development', interest: 'subscribe' },
      {},
      [READ_TOKEN],
      READ_TOKEN,
      '?',
      '',
    ];
    for (const frame of frames) {
      const client = await FeedClient.connect(server.ws);
      client.send(frame);
      // Too late.
      client.send({ ...SUBSCRIBE, token: READ_TOKEN });
      const { code } = await client.closed;
      expect([frame, code, client.errors.length, client.rows]).toEqual([frame, 4401, 1, []]);
    }
    const binary = await FeedClient.connect(server.ws);
    binary.socket.send(Buffer.from(JSON.stringify({ token: READ_TOKEN })));
    expect((await binary.closed).code).toBe(4401);
    const ended = await server.metric('tetcore_feed_sockets_closed_total');
    expect(ended).toEqual(new Map([['reason="unauthorized"', frames.length + 1]]));
    expect(await server.metric('tetcore_feed_subscriptions')).toEqual(new Map([['', 0]]));
  });

  it('closes a client without a token in time, and no authenticated one', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, WITH_TOKENS);
    const limits = server.server.app.get(FeedLimits);
    expect(limits.tokenMs).toBe(10_000);
    limits.tokenMs = 300;
    const admitted = await FeedClient.connect(server.ws);
    admitted.send({ token: READ_TOKEN });
    const silent = await FeedClient.connect(server.ws);
    const begun = performance.now();
    expect((await silent.closed).code).toBe(4401);
    expect(performance.now() - begun).toBeGreaterThan(200);
    await admitted.settled();
    expect(admitted.socket.readyState).toBe(WebSocket.OPEN);
    // A request that is wrong costs its socket nothing once it is admitted.
    admitted.send({ token: READ_TOKEN });
    await waitUntil(() => admitted.errors.length === 1, { what: 'the answer to a second token' });
    expect(admitted.socket.readyState).toBe(WebSocket.OPEN);
    await admitted.close();
  });
});

describe('unauthenticated clients of the live feed', () => {
  const ENDED = 'tetcore_feed_sockets_closed_total';

  async function waiting(server: TestServer, count: number): Promise<void> {
    await waitUntil(async () => (await server.metric('tetcore_feed_sockets_waiting')).get('') === count, {
      what: `${count.toString()} that wait`,
    });
  }

  it('are at most a hundred, of which the oldest is evicted, and keep no authenticated client out', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, { ...WITH_TOKENS, ...FAST });
    await sendBlock(server);
    const limits = server.server.app.get(FeedLimits);
    expect([limits.sockets, limits.waitingSockets, limits.waitingSocketsOfAddress]).toEqual([1_000, 100, 16]);
    limits.sockets = 2;
    const first = await FeedClient.connect(server.ws);
    first.send({ ...SUBSCRIBE, token: READ_TOKEN });
    await first.has(1);
    // Fourteen from an address, at most.
    const connect = (n: number): Promise<FeedClient> =>
      FeedClient.connect(server.ws, { localAddress: `127.0.0.${(2 + (n % 9)).toString()}` });
    const old: FeedClient[] = [];
    while (old.length < 20) old.push(await connect(old.length));
    await waiting(server, 20);
    const unauthenticated = await Promise.all(Array.from({ length: 98 }, (_, n) => connect(n)));
    // All but two of the old ones have made room.
    await waitUntil(async () => (await server.metric(ENDED)).get('reason="crowded_out"') === 18, {
      what: 'room for them',
    });
    await waiting(server, 100);
    const second = await FeedClient.connect(server.ws);
    second.send({ ...SUBSCRIBE, token: READ_TOKEN });
    await second.has(1);
    await waiting(server, 99);
    for (const { closed } of old.slice(0, 18)) expect((await closed).code).toBe(1013);
    expect((await server.metric(ENDED)).get('reason="crowded_out"')).toBe(19);
    const { status, headers } = await refusal(`${server.ws}/feed`);
    expect([status, headers['retry-after']]).toEqual([503, '5']);
    expect(await server.metric('tetcore_upgrades_refused_total')).toEqual(
      new Map([['status="503",reason="feed_full"', 1]]),
    );
    // Who was let in before is served.
    const last = unauthenticated.at(-1);
    last?.send({ ...SUBSCRIBE, token: READ_TOKEN });
    await last?.has(1);
    await waiting(server, 98);
    for (const client of [first, second]) {
      expect(client.socket.readyState).toBe(WebSocket.OPEN);
      await client.close();
    }
    for (const { socket } of unauthenticated) socket.terminate();
  });

  it('are limited by address, which is that of the client behind a trusted proxy', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, {
      ...WITH_TOKENS,
      TRUSTED_PROXIES: '127.0.0.2',
    });
    const behind = (client: string): Promise<FeedClient> =>
      FeedClient.connect(server.ws, {
        localAddress: '127.0.0.2',
        headers: { 'X-Forwarded-For': client },
      });
    const other = await behind('2001:db8:0:1::1');
    const unauthenticated: FeedClient[] = [];
    for (let n = 0; n < 20; n += 1) unauthenticated.push(await behind(`2001:db8::${n.toString()}`));
    for (const { closed } of unauthenticated.slice(0, 4)) expect((await closed).code).toBe(1013);
    await waiting(server, 17);
    expect(Object.fromEntries(await server.metric(ENDED))).toEqual({ 'reason="crowded_out"': 4 });
    for (const { socket } of [other, ...unauthenticated.slice(4)]) {
      expect(socket.readyState).toBe(WebSocket.OPEN);
      socket.terminate();
    }
    await waiting(server, 0);
  });

  it('do not count any more when they are refused and stay connected', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, WITH_TOKENS);
    server.server.app.get(FeedLimits).waitingSockets = 1;
    const raw = await RawSocket.open(`${server.ws}/feed`);
    raw.onEnd = () => undefined;
    raw.write(frame('{"token":"knows-0123456789abcdef"}', { opcode: 1 }));
    await waitUntil(() => raw.text.includes('token required'), { what: 'the close frame' });
    await waiting(server, 1);
    const next = await FeedClient.connect(server.ws);
    await waitUntil(async () => (await server.metric(ENDED)).get('reason="unauthorized"') === 1, {
      what: 'its end',
      timeoutMs: 3_000,
    });
    await waiting(server, 1);
    raw.socket.destroy();
    await next.close();
  });

  it('do not use up the limit on sockets', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, WITH_TOKENS);
    Object.assign(server.server.app.get(FeedLimits), { sockets: 1, waitingSockets: 1 });
    const raws = await Promise.all(Array.from({ length: 30 }, () => RawSocket.connect(server.http)));
    for (const raw of raws) raw.write(upgradeRequest('/feed'));
    await waitUntil(() => raws.every(({ text }) => text.includes('\r\n\r\n')), { what: 'the answers' });
    for (const { text, socket } of raws) {
      expect(text).toMatch(/^HTTP\/1\.1 101 /);
      socket.destroy();
    }
    expect((await server.metric(ENDED)).get('reason="crowded_out"')).toBe(29);
  });
});

describe('the live feed of a server without tokens', () => {
  it('accepts a token from clients that always send one', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, FAST);
    await sendBlock(server);
    const client = await FeedClient.connect(server.ws);
    client.send({ token: 'whatever it is' });
    client.send(SUBSCRIBE);
    await client.has(1);
    expect(client.errors).toEqual([]);
    await client.close();
  });
});

describe('a page in a browser', () => {
  async function upgrade(server: TestServer, path: string, origin: string): Promise<string> {
    const raw = await RawSocket.connect(server.http);
    raw.write(upgradeRequest(path, [`Origin: ${origin}`]));
    await waitUntil(() => raw.text.includes('\r\n\r\n'), { what: 'an answer' });
    raw.socket.destroy();
    return raw.text;
  }

  it('of another host cannot use the feed, with tokens or without', async () => {
    await using database = await TestDatabase.create();
    for (const environment of [{}, WITH_TOKENS]) {
      await using server = await TestServer.ready(database.url, {
        CORS_ORIGINS: 'https://pages.example',
        ...environment,
      });
      for (const [origin, status] of [
        ['http://localhost', 101],
        ['https://localhost', 101],
        ['https://pages.example', 101],
        ['http://pages.example', 403],
        ['https://pages.example:8443', 403],
        ['http://localhost:8080', 403],
        ['https://localhost.evil.example', 403],
        ['null', 403],
        ['', 403],
        ['x'.repeat(8192), 403],
      ] as const) {
        const answer = await upgrade(server, '/feed', origin);
        expect([origin, answer.slice(0, 13)]).toEqual([origin, `HTTP/1.1 ${status.toString()} `]);
        if (status === 403) expect(answer).toContain('Content-Type: application/problem+json');
      }
      expect((await server.metric('tetcore_http_unauthorized_total')).get('reason="origin"')).toBe(7);
      // Nor does it send as a node.
      expect(await upgrade(server, '/', 'https://evil.example')).toMatch(/^HTTP\/1\.1 403 /);
    }
  });

  it('of any host can use the feed if CORS_ORIGINS allows it', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, { CORS_ORIGINS: '*' });
    expect(await upgrade(server, '/feed', 'https://any.example')).toMatch(/^HTTP\/1\.1 101 /);
  });
});

/** What a team asks elsewhere: who a request comes from, and which tokens are good. Answers when the test says so. */
@Injectable()
class Accounts {
  private readonly waiting: (() => void)[] = [];
  isDown = false;
  asksAtOnce = true;

  async knows(name: unknown): Promise<boolean> {
    if (!this.asksAtOnce) await new Promise<void>((resolve) => this.waiting.push(resolve));
    if (this.isDown) throw new Error('The accounts are down.');
    return name === 'ada';
  }

  get asked(): number {
    return this.waiting.length;
  }

  answer(): void {
    this.asksAtOnce = true;
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}

@Module({ providers: [Accounts], exports: [Accounts] })
class AccountsModule {}

/** One guard for both. Programs say who they are by a header, pages in the first frame. */
@Injectable()
class AccountGuard extends AccessGuard implements FeedGuard {
  @Inject(Accounts) private readonly accounts!: Accounts;
  readonly needsToken = true;

  override async check({ headers }: IncomingMessage): Promise<void> {
    if (!(await this.accounts.knows(headers['x-account']))) throw new ForbiddenException();
  }

  async checkUpgrade({ headers }: IncomingMessage): Promise<number | null> {
    if (headers['x-account'] === 'teapot') throw new HttpException('a teapot', 418);
    return (await this.accounts.knows(headers['x-account'] ?? 'ada')) ? null : 403;
  }

  admits(token: string): Promise<boolean> {
    return this.accounts.knows(token);
  }
}

const byAccounts = { imports: [AccountsModule], access: { guard: AccountGuard } } satisfies Extensions;

describe('a guard of a team', () => {
  const as = (account: string) => ({ headers: { 'x-account': account } });

  it('guards the live feed and the HTTP API, also asynchronously', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, FAST, byAccounts);
    await sendBlock(server);
    const accounts = server.server.app.get(Accounts);
    const status = async (account: string): Promise<number> =>
      (await fetch(`${server.http}/nodes`, as(account))).status;
    expect([await status('ada'), await status('eve')]).toEqual([200, 403]);
    expect((await refusal(`${server.ws}/feed`, as('eve'))).status).toBe(403);
    expect((await refusal(`${server.ws}/feed`, as('teapot'))).status).toBe(418);
    const eve = await FeedClient.connect(server.ws);
    eve.send({ ...SUBSCRIBE, token: 'eve' });
    expect([(await eve.closed).code, eve.rows]).toEqual([4401, []]);
    const ada = await FeedClient.connect(server.ws, as('ada'));
    accounts.asksAtOnce = false;
    ada.send({ ...SUBSCRIBE, token: 'ada' });
    ada.send({ ...SUBSCRIBE, msg: 'x.other' });
    await waitUntil(() => accounts.asked === 1, { what: 'the guard to be asked' });
    // Nothing of hers is done before it has answered, and not beyond what may wait.
    expect(await server.metric('tetcore_feed_subscriptions')).toEqual(new Map([['', 0]]));
    accounts.answer();
    await ada.has(1);
    accounts.isDown = true;
    expect((await refusal(`${server.ws}/feed`, as('ada'))).status).toBe(500);
    expect(await server.metric('tetcore_feed_handshakes_refused_total')).toEqual(
      new Map([
        ['reason="refused"', 2],
        ['reason="failed"', 1],
      ]),
    );
  });

  it('delays few handshakes, and none for long', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, FAST, byAccounts);
    const accounts = server.server.app.get(Accounts);
    Object.assign(server.server.app.get(FeedLimits), { waitingSocketsOfAddress: 2, tokenMs: 500 });
    accounts.asksAtOnce = false;
    const waiting = [1, 2].map(() => refusal(`${server.ws}/feed`, as('ada')));
    await waitUntil(() => accounts.asked === 2, { what: 'the guard to be asked' });
    const crowded = await refusal(`${server.ws}/feed`, as('ada'));
    expect([crowded.status, crowded.headers['retry-after']]).toEqual([503, '5']);
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([503, 503]);
    expect(await server.metric('tetcore_feed_handshakes_refused_total')).toEqual(
      new Map([
        ['reason="crowded"', 1],
        ['reason="timeout"', 2],
      ]),
    );
  });

  it('for the HTTP API alone prevents the start', async () => {
    await using database = await TestDatabase.create();
    class HalfGuard extends AccessGuard {
      override check(): void {
        throw new ForbiddenException();
      }
    }
    await expect(TestServer.start(database.url, {}, { access: { guard: HalfGuard } })).rejects.toThrow(
      'HalfGuard cannot guard the live feed, which has the same data as the HTTP API: it has no checkUpgrade',
    );
  });
});
