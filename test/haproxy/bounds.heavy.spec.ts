import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readSettings } from '../../src/platform/config/index.js';
import { DeafServer } from './deaf-server.js';
import { Site } from './site.js';
import { FakeNode, HandshakeRefusedError } from '../support/fake-node.js';
import { FeedClient } from '../support/feed-client.js';
import { Ends } from '../support/ends.js';
import { hasHaproxy, HaproxyProcess } from '../support/haproxy.js';
import { RawSocket } from '../support/raw-socket.js';
import { waitUntil } from '../support/wait-until.js';

const WEBSOCKET = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
];

/** Two that answer nothing, behind HAProxy. */
class DeafSite implements AsyncDisposable {
  private constructor(
    readonly proxy: HaproxyProcess,
    readonly servers: readonly DeafServer[],
    private readonly ends: Ends,
  ) {}

  static async start(): Promise<DeafSite> {
    const ends = new Ends();
    try {
      const servers = [ends.add(await DeafServer.start()), ends.add(await DeafServer.start())];
      const proxy = ends.add(await HaproxyProcess.start(servers.map(({ port }) => port)));
      for (const index of servers.keys()) await proxy.finds(index, 'UP');
      return new DeafSite(proxy, servers, ends);
    } catch (error) {
      await ends[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** @returns how often servers were asked until HAProxy gave it up, with its status */
  async ask(request: string, headers: readonly string[] = []): Promise<[number, string]> {
    for (const { asked } of this.servers) asked.length = 0;
    const raw = await RawSocket.connect(this.proxy.http);
    raw.write([`${request} HTTP/1.1`, 'Host: localhost', ...headers, '', ''].join('\r\n'));
    await waitUntil(() => raw.text.includes('\r\n'), { what: `an answer to ${request}` });
    raw.socket.destroy();
    const asked = this.servers.flatMap((server) => server.asked);
    expect(asked.every((each) => each === request)).toBe(true);
    return [asked.length, raw.text.split(' ')[1] ?? ''];
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.ends[Symbol.asyncDispose]();
  }
}

describe.skipIf(!hasHaproxy)('retries of HAProxy for servers that do not respond', () => {
  let site: DeafSite;

  beforeAll(async () => {
    site = await DeafSite.start();
  });

  afterAll(() => site[Symbol.asyncDispose]());

  describe.each([
    ['hang up', false, '502'],
    ['say 503', true, '503'],
  ])('and %s', (_, refuses, status) => {
    beforeEach(() => {
      for (const server of site.servers) server.refuses = refuses;
    });

    it.each(['/benchmarks', '/feed', '/'])('sends a request that changes data once, at %s', async (path) => {
      for (const method of ['POST', 'PUT', 'DELETE']) {
        expect(await site.ask(`${method} ${path}`)).toEqual([1, status]);
        expect(await site.ask(`${method} ${path}`, WEBSOCKET)).toEqual([1, status]);
      }
    });

    it.each(['/', '/feed'])('sends a handshake at %s to the other server', async (path) => {
      expect(await site.ask(`GET ${path}`, WEBSOCKET)).toEqual([4, status]);
    });

    it('sends a read again without a response', async () => {
      for (const method of ['GET', 'HEAD', 'OPTIONS']) {
        expect(await site.ask(`${method} /nodes`)).toEqual([refuses ? 1 : 4, status]);
      }
    });
  });
});

describe.skipIf(!hasHaproxy)('servers behind HAProxy', { timeout: 60_000 }, () => {
  it('stay up, and keep their nodes, while untrusted clients use all connections of the port', async () => {
    const most = 10;
    await using site = await Site.start({ HTTP_MAX_CONNECTIONS: most.toString() });
    const { proxy, servers } = site;
    const nodes = [await FakeNode.connect(proxy.ws), await FakeNode.connect(proxy.ws)];
    expect(await proxy.sessions('nodes')).toEqual([1, 1]);
    const clients = await Promise.all(
      servers.flatMap(({ http }) => Array.from({ length: most }, () => RawSocket.connect(http))),
    );
    const refused = (): Promise<number> =>
      site.sum('tetcore_http_connections_refused_total', 'reason="idle_evicted"');
    await waitUntil(async () => (await refused()) >= 2, { what: 'both ports to be full' });
    const checked = (): Promise<number> =>
      site.sum('tetcore_http_request_seconds_count', 'route="/health/ready",status="200"');
    const before = await checked();
    await waitUntil(async () => (await checked()) >= before + 8, { what: 'checks', timeoutMs: 15_000 });
    const statuses = await proxy.statuses();
    expect(statuses.map(({ status, failedChecks }) => [status, failedChecks])).toEqual(
      statuses.map(() => ['UP', 0]),
    );
    expect(nodes.every(({ isOpen }) => isOpen)).toBe(true);
    for (const { socket } of clients) socket.destroy();
    for (const node of nodes) await node.close();
  });

  it('get no more connections than they accept, with default settings', async () => {
    const { HTTP_MAX_CONNECTIONS, TELEMETRY_MAX_CONNECTIONS } = readSettings({});
    await using site = await DeafSite.start();
    const statuses = await site.proxy.statuses();
    for (const name of ['a', 'b']) {
      const [nodes = 0, feed = 0, requests = 0] = ['nodes', 'feed', 'answers'].map(
        (backend) => statuses.find((one) => one.backend === backend && one.name === name)?.most,
      );
      expect(nodes).toBe(TELEMETRY_MAX_CONNECTIONS);
      expect(feed).toBeGreaterThan(0);
      expect(requests).toBeGreaterThan(0);
      // As many requests may have left a connection idle.
      expect(nodes + feed + 2 * requests).toBeLessThan(HTTP_MAX_CONNECTIONS);
    }
  });

  it('at the limit on nodes queue the next ones for a while, and serve other requests', async () => {
    await using site = await Site.start({}, { PROXY_MAX_NODES: '1' });
    const { proxy } = site;
    const [first, second] = [await FakeNode.connect(proxy.ws), await FakeNode.connect(proxy.ws)];
    const late: unknown = await FakeNode.connect(proxy.ws).catch((error: unknown) => error);
    expect(late).toBeInstanceOf(HandshakeRefusedError);
    expect(late).toMatchObject({ status: 503 });
    const waiting = FakeNode.connect(proxy.ws);
    await waitUntil(async () => (await proxy.waiting('nodes')) === 1, { what: 'a node to wait' });
    expect((await fetch(`${proxy.http}/nodes`)).status).toBe(200);
    await (await FeedClient.connect(proxy.ws)).close();
    await first.close();
    const third = await waiting;
    expect([second.isOpen, third.isOpen]).toEqual([true, true]);
    for (const node of [second, third]) await node.close();
  });

  it('keep their nodes at a reload, as the head of the configuration says', async () => {
    await using site = await Site.start();
    const { proxy, servers } = site;
    const node = await FakeNode.connect(proxy.ws);
    await proxy.reload({ PROXY_MAX_NODES: '7', PROXY_SERVER_A: `127.0.0.1:${servers[1]?.port ?? 0}` });
    const most = async (): Promise<number[]> =>
      (await proxy.statuses()).filter(({ backend }) => backend === 'nodes').map((status) => status.most);
    await waitUntil(async () => (await most()).every((each) => each === 7), { what: 'the reload' });
    await proxy.finds(0, 'UP');
    await node.sendV1({ msg: 'x.reloaded' });
    await waitUntil(async () => (await site.stored('x.reloaded')) === 1, { what: 'the message' });
    expect((await node.close()).code).toBe(1000);
  });
});
