import { execFile } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runRollingRestart } from '../delivery/rolling/rolling-restart.js';
import { Site } from './site.js';
import { FakeNode, type FakeNodeOptions } from '../support/fake-node.js';
import { FeedClient } from '../support/feed-client.js';
import { checkHaproxyConfiguration, HAPROXY_CONFIGURATION, hasHaproxy } from '../support/haproxy.js';
import { frame, RawSocket } from '../support/raw-socket.js';
import { sumOf } from '../support/metrics.js';
import { tempDir } from '../support/temp-dir.js';
import { waitUntil } from '../support/wait-until.js';

const HOUR = 3_600_000;
const HAS_OPENSSL = await promisify(execFile)('openssl', ['version']).then(
  () => true,
  () => false,
);

describe.skipIf(!hasHaproxy)("the documentation's configuration of HAProxy", () => {
  it('is valid', async () => {
    expect(await checkHaproxyConfiguration()).toContain('Configuration file is valid');
  });

  it.skipIf(!HAS_OPENSSL)('is valid with the line for TLS', async () => {
    const dir = await tempDir('haproxy-tls');
    try {
      const [key, certificate, both, file] = ['key', 'certificate', 'telemetry.pem', 'haproxy.cfg'].map(
        (name) => join(dir, name),
      ) as [string, string, string, string];
      const subject = ['-subj', '/CN=localhost', '-newkey', 'rsa:2048', '-nodes'];
      await promisify(execFile)('openssl', ['req', '-x509', ...subject, '-keyout', key, '-out', certificate]);
      await writeFile(both, (await readFile(certificate, 'utf8')) + (await readFile(key, 'utf8')));
      const text = await readFile(HAPROXY_CONFIGURATION, 'utf8');
      const withTls = text.replace('#bind :443', 'bind :443').replace('/etc/haproxy/telemetry.pem', both);
      expect(withTls).toMatch(/^ {4}bind :443 ssl crt \S+telemetry\.pem /m);
      await writeFile(file, withTls);
      expect(await checkHaproxyConfiguration(file)).toContain('Configuration file is valid');
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  });
});

describe.skipIf(!hasHaproxy)('two servers behind HAProxy', () => {
  let site: Site;

  beforeAll(async () => {
    site = await Site.start({ PURGE_INTERVAL_S: '1', LOG_EXPIRY_H: '24' });
  });

  // So that the next sockets go to one server each.
  beforeEach(async () => {
    const open = async (): Promise<number[]> => [
      ...(await site.proxy.sessions('nodes')),
      ...(await site.proxy.sessions('feed')),
    ];
    await waitUntil(async () => (await open()).every((sessions) => sessions === 0), {
      what: 'the sockets of the test before to be gone',
    });
  });

  afterAll(() => site[Symbol.asyncDispose]());

  it('share the nodes, and each returns the messages of all', async () => {
    const { proxy } = site;
    const peers: string[] = [];
    const nodes: FakeNode[] = [];
    for (const path of ['/', '/submit', '/audit', '/']) {
      const node = await FakeNode.connect(proxy.ws + path);
      const peer = `QmShared${nodes.length}`;
      peers.push(peer);
      await node.sendConnected({ network_id: peer, name: `shared-${nodes.length}` });
      for (let n = 0; n < 50; n += 1) await node.sendV1({ msg: 'x.shared', n });
      nodes.push(node);
    }
    await waitUntil(async () => (await site.stored('x.shared')) === 200, { what: '200 messages' });
    expect(await proxy.sessions('nodes')).toEqual([2, 2]);
    const answers = new Map<string, unknown>();
    for (let asked = 0; asked < 4; asked += 1) {
      const answer = await fetch(`${proxy.http}/nodes?name=shared`);
      answers.set(answer.headers.get('x-served-by') ?? '', await answer.json());
    }
    expect([...answers.keys()].sort()).toEqual(['a', 'b']);
    expect(answers.get('a')).toEqual(answers.get('b'));
    expect((answers.get('a') as { peer_id: string }[]).map(({ peer_id: id }) => id).sort()).toEqual(peers);
    const pages = await Promise.all(['/dashboard/', '/docs', '/'].map((path) => fetch(proxy.http + path)));
    expect(pages.map(({ status }) => status)).toEqual([200, 200, 200]);
    await Promise.all(nodes.map((node) => node.close()));
  });

  it('each send the messages of both to subscribers', async () => {
    const { proxy } = site;
    const subscribers = [await FeedClient.connect(proxy.ws), await FeedClient.connect(proxy.ws)];
    const nodes = [await FakeNode.connect(proxy.ws), await FakeNode.connect(proxy.ws)];
    expect([await proxy.sessions('feed'), await proxy.sessions('nodes')]).toEqual([
      [1, 1],
      [1, 1],
    ]);
    for (const [index, node] of nodes.entries()) {
      await node.sendConnected({ network_id: `QmFed${index}` });
      for (const subscriber of subscribers) subscriber.subscribe(`QmFed${index}`, 'x.fed');
    }
    for (const node of nodes) for (let n = 0; n < 20; n += 1) await node.sendV1({ msg: 'x.fed', n });
    for (const subscriber of subscribers) await subscriber.has(40);
    for (const subscriber of subscribers) {
      const numbers = [0, 1].map((index) => subscriber.rowsOf(`QmFed${index}`, 'x.fed').length);
      expect(numbers).toEqual([20, 20]);
      await subscriber.close();
    }
    await Promise.all(nodes.map((node) => node.close()));
  });

  it('purge one at a time: expired messages are removed and counted once', async () => {
    const from = Math.floor(Date.now() / HOUR) * HOUR - 48 * HOUR;
    const [start, end] = [from, from + HOUR].map((at) => new Date(at).toISOString());
    await site.database.query(
      `CREATE TABLE expired PARTITION OF logs_expiring FOR VALUES FROM ('${start}') TO ('${end}')`,
    );
    await site.database.query(
      `INSERT INTO rejected_messages (collector, received_at, path, ip_addr, reason, size, head)
       SELECT 1, now() - interval '8 days', '/', '127.0.0.1', 'invalid_json', 0, '' FROM generate_series(1, 300)`,
    );
    await waitUntil(
      async () =>
        (await site.database.query("SELECT FROM pg_class WHERE relname = 'expired'")).length === 0 &&
        (await site.database.query('SELECT FROM rejected_messages')).length === 0,
      { what: 'what has expired to go' },
    );
    // And once more, on both.
    for (const metrics of site.metrics) {
      const tried = async (): Promise<number> =>
        sumOf(await (await fetch(metrics)).text(), 'tetcore_purges_total');
      const before = await tried();
      await waitUntil(async () => (await tried()) >= before + 2, { what: 'the next purges' });
    }
    expect(await site.sum('tetcore_purged_partitions_total')).toBe(1);
    expect(await site.sum('tetcore_purged_rows_total', 'table="rejected_messages"')).toBe(300);
    expect(await site.sum('tetcore_purges_total', 'outcome="failed"')).toBe(0);
  });

  it('store the address of a node with forged headers, through the proxy and directly', async () => {
    const direct = site.servers[0]?.ws ?? '';
    const forged = {
      both: { 'X-Forwarded-For': '198.51.100.1', Forwarded: 'for=198.51.100.1' },
      one: { 'X-Forwarded-For': '198.51.100.1, 127.0.0.1' },
      other: { Forwarded: 'for=198.51.100.1;proto=https' },
    };
    const cases: Record<string, { url: string } & FakeNodeOptions> = {
      honest: { url: site.proxy.ws, localAddress: '127.0.0.21' },
      both: { url: site.proxy.ws, localAddress: '127.0.0.22', headers: forged.both },
      one: { url: site.proxy.ws, localAddress: '127.0.0.23', headers: forged.one },
      other: { url: site.proxy.ws, localAddress: '127.0.0.24', headers: forged.other },
      around: { url: direct, localAddress: '127.0.0.25', headers: forged.both },
      'around, one': { url: direct, localAddress: '127.0.0.26', headers: forged.one },
    };
    for (const [name, { url, ...options }] of Object.entries(cases)) {
      const node = await FakeNode.connect(url, options);
      await node.sendConnected({ name, network_id: `QmFrom ${name}` });
      await node.close();
    }
    const expected = Object.entries(cases).map(([name, { localAddress }]) => [name, localAddress]);
    expect(await site.addresses(Object.keys(cases))).toEqual(Object.fromEntries(expected));
  });

  it('do not serve metrics through the proxy', async () => {
    for (const metrics of site.metrics) expect((await fetch(metrics)).status).toBe(200);
    for (const path of ['/metrics', '/METRICS', '/metrics/', '/metrics?a=b', '/%6detrics', '//metrics']) {
      const raw = await RawSocket.connect(site.proxy.http);
      raw.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
      const answer = (await raw.ended).toString();
      expect(answer, path).toMatch(/^HTTP\/1\.1 404 /);
      expect(answer, path).not.toContain('tetcore_');
      // It is HAProxy that refuses, and says so before it has asked any server.
      expect(answer, path).not.toMatch(/x-served-by/i);
    }
  });
});

describe.skipIf(!hasHaproxy)('one of two servers behind HAProxy', { timeout: 120_000 }, () => {
  it('that stops gets no new nodes, and has time for a close grace period', async () => {
    await using site = await Site.start();
    const { proxy } = site;
    const slow = await RawSocket.open(proxy.ws);
    slow.onEnd = () => undefined;
    const stopping = site.servers[(await proxy.sessions('nodes')).indexOf(1)];
    if (stopping === undefined) throw new Error('The node is at no server.');
    const other = await FakeNode.connect(proxy.ws);
    expect(await proxy.sessions('nodes')).toEqual([1, 1]);

    slow.write(frame('{"msg":"x.slow","n":1}'));
    stopping.child.kill('SIGTERM');
    await waitUntil(() => stopping.log.includes('Stopping'), { what: 'the server to begin to stop' });
    // At once, while HAProxy has yet to find out: the one that stops has the fewest sockets, and refuses them.
    const nodes = await Promise.all(Array.from({ length: 10 }, () => FakeNode.connect(proxy.ws)));
    await waitUntil(
      async () =>
        (await proxy.statuses()).some((one) => one.backend === 'nodes' && one.status.startsWith('NOLB')),
      { what: 'HAProxy to find out' },
    );
    nodes.push(await FakeNode.connect(proxy.ws));
    // By now the close frame is here. The node has not looked yet.
    slow.write(frame('{"msg":"x.slow","n":2}'), frame(Buffer.from([0x03, 0xe9]), { opcode: 8 }));
    slow.onEnd = () => slow.socket.end();
    expect(await slow.closeCode()).toBe(1001);
    expect(await stopping.exited, stopping.log).toBe(0);
    expect(await site.stored('x.slow')).toBe(2);
    expect(nodes.every(({ isOpen }) => isOpen) && other.isOpen).toBe(true);

    for (const node of [...nodes, other]) await node.close();
  });

  it('that is frozen loses its nodes to the other after a while', async () => {
    await using site = await Site.start();
    const { proxy } = site;
    const nodes = [await FakeNode.connect(proxy.ws), await FakeNode.connect(proxy.ws)];
    const [frozen] = site.servers;
    frozen?.child.kill('SIGSTOP');
    try {
      const closed = await Promise.race(
        nodes.map(async (node, index) => ({ index, ...(await node.closed) })),
      );
      expect(closed.code).toBe(1006);
      await proxy.finds(0, 'DOWN');
      const again = await FakeNode.connect(proxy.ws);
      await again.sendV1({ msg: 'x.again' });
      await waitUntil(async () => (await site.stored('x.again')) === 1, { what: 'the message' });
      expect(nodes.filter(({ isOpen }) => isOpen)).toHaveLength(1);
      for (const node of [again, ...nodes]) if (node.isOpen) await node.close();
    } finally {
      frozen?.child.kill('SIGCONT');
    }
  });

  it('and then the other restart under load, and no message is lost or stored twice', async () => {
    const lines: string[] = [];
    const result = await runRollingRestart(
      {
        seed: 7,
        nodes: 30,
        rate: 1_000,
        rounds: 1,
        lengthMs: 8_000,
        questionsPerSecond: 10,
        main: process.env.TEST_SERVER_MAIN,
      },
      (line) => lines.push(line),
    );
    const { missing, twice, wrong, unread, problems, findings, sockets, gaps } = result;
    expect([...problems, ...findings], lines.join('\n')).toEqual([]);
    expect({ missing, twice, wrong, unread }).toEqual({ missing: 0, twice: 0, wrong: 0, unread: 0 });
    // All that were on a server heard it say goodbye, and went to the other.
    expect(sockets).toMatchObject({ broken: 0, reset: 0 });
    expect(sockets.closed_by_server).toBeGreaterThanOrEqual(30);
    expect(gaps.count).toBe(sockets.closed_by_server);
    expect(result.answered).toBeGreaterThan(30);
    expect(result.passedBy).toBeGreaterThan(100);
  });
});
