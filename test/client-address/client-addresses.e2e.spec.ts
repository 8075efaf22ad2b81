import { networkInterfaces } from 'node:os';
import { describe, expect, it } from 'vitest';
import { TestDatabase } from '../support/databases.js';
import { FakeNode } from '../support/fake-node.js';
import { RawSocket, upgradeRequest } from '../support/raw-socket.js';
import { refusal } from '../support/refusal.js';
import { TestServer } from '../support/test-server.js';
import { waitUntil } from '../support/wait-until.js';

const PROXY = '127.0.0.1';
const UNTRUSTED = '127.0.0.2';

const HAS_IPV6 = Object.values(networkInterfaces()).some((all) =>
  all?.some(({ address }) => address === '::1'),
);

/** The addresses that are stored, by the names that nodes gave themselves. */
async function storedAddresses(database: TestDatabase, count: number): Promise<Record<string, string>> {
  const rows = await waitUntil(
    async () => {
      const found = await database.query<{ name: string; ip_addr: string }>(
        'SELECT name, ip_addr FROM peer_connections WHERE name IS NOT NULL',
      );
      return found.length === count && found;
    },
    { what: `${count.toString()} connections` },
  );
  return Object.fromEntries(rows.map(({ name, ip_addr: address }) => [name, address]));
}

describe('the stored address of a node', () => {
  it('is that of the header of a trusted proxy, and otherwise that of the TCP connection', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, { TRUSTED_PROXIES: `${PROXY}, 10.0.0.0/8` });
    const cases: Record<string, [from: string, headers: Record<string, string>, stored: string]> = {
      plain: [PROXY, {}, PROXY],
      proxied: [PROXY, { 'X-Forwarded-For': '198.51.100.1:4711' }, '198.51.100.1'],
      standard: [PROXY, { Forwarded: 'for="[2001:db8::9]:80";proto=https' }, '2001:db8::9'],
      chain: [PROXY, { 'X-Forwarded-For': '1.1.1.1, 198.51.100.1, 10.0.0.2' }, '198.51.100.1'],
      contradictory: [PROXY, { Forwarded: 'for=1.1.1.1', 'X-Forwarded-For': '198.51.100.1' }, PROXY],
      untrusted: [UNTRUSTED, { 'X-Forwarded-For': '198.51.100.1', 'X-Real-IP': '198.51.100.1' }, UNTRUSTED],
      'untrusted, loopback': [
        UNTRUSTED,
        { Forwarded: 'for=127.0.0.1', 'X-Forwarded-For': '127.0.0.1' },
        UNTRUSTED,
      ],
    };
    for (const [name, [localAddress, headers]] of Object.entries(cases)) {
      const node = await FakeNode.connect(server.ws, { localAddress, headers });
      await node.sendConnected({ name });
      await node.close();
    }
    expect(await storedAddresses(database, Object.keys(cases).length)).toEqual(
      Object.fromEntries(Object.entries(cases).map(([name, [, , stored]]) => [name, stored])),
    );
  });

  it('is that of the TCP connection if no proxy is trusted', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url);
    const headers = { Forwarded: 'for=198.51.100.1', 'X-Forwarded-For': '198.51.100.1' };
    const node = await FakeNode.connect(server.ws, { headers });
    await node.sendConnected({ name: 'forger' });
    await node.close();
    expect(await storedAddresses(database, 1)).toEqual({ forger: PROXY });
  });

  it('is read behind more headers than Node.js keeps by default', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, {
      TRUSTED_PROXIES: PROXY,
      TELEMETRY_ALLOWED_IPS: '198.51.100.1',
    });
    const raw = await RawSocket.connect(server.http);
    const filler = Array<string>(2_500).fill('a:');
    raw.write(upgradeRequest('/', [...filler, 'X-Forwarded-For: 198.51.100.1']));
    await waitUntil(() => raw.text.includes('\r\n\r\n'), { what: 'an answer' });
    expect(raw.text.split('\r\n')[0]).toBe('HTTP/1.1 101 Switching Protocols');
    raw.socket.destroy();
  });
});

describe('TELEMETRY_ALLOWED_IPS', () => {
  it('accepts only these addresses, on every path of nodes and on no other path', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, {
      TELEMETRY_ALLOWED_IPS: '127.0.0.2, 192.0.2.0/24, 2001:db8:b::/48',
      TRUSTED_PROXIES: '127.0.0.3',
    });
    const from = (localAddress: string, forwardedFor?: string): Parameters<typeof refusal>[1] => ({
      localAddress,
      ...(forwardedFor === undefined ? {} : { headers: { 'X-Forwarded-For': forwardedFor } }),
    });
    const allowed = [
      from('127.0.0.2'),
      from('127.0.0.3', '192.0.2.255'),
      from('127.0.0.3', '1.1.1.1, ::ffff:192.0.2.1'),
      from('127.0.0.3', '[2001:db8:b::1]:80'),
    ];
    const refused = [
      from('127.0.0.1'),
      from('127.0.0.1', '192.0.2.1'),
      from('127.0.0.3'),
      from('127.0.0.3', '192.0.3.1'),
      from('127.0.0.3', '192.0.2.1, 192.0.3.1'),
      from('127.0.0.3', '2001:db8:c::1'),
      from('127.0.0.3', 'unknown'),
      from('127.0.0.3', '127.0.0.3'),
    ];
    const paths = ['/', '/audit', '/submit', '/audit/', '/?a=b'];
    for (const path of paths) {
      for (const options of allowed) await (await FakeNode.connect(server.ws + path, options)).close();
      for (const options of refused) {
        const { status, headers } = await refusal(server.ws + path, options);
        expect([path, options, status, headers['retry-after']]).toEqual([path, options, 403, undefined]);
      }
    }
    expect(Object.fromEntries(await server.metric('tetcore_upgrades_refused_total'))).toEqual({
      'status="403",reason="address_not_allowed"': paths.length * refused.length,
    });
    expect((await server.get('/nodes')).status).toBe(200);
    await (await FakeNode.connect(`${server.ws}/feed`)).close();
  });

  it('rejects hidden addresses, also if that of the proxy is allowed', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, {
      TELEMETRY_ALLOWED_IPS: '127.0.0.0/8',
      TRUSTED_PROXIES: '127.0.0.1',
    });
    await (await FakeNode.connect(server.ws)).close();
    for (const headers of [
      { 'X-Forwarded-For': 'unknown' },
      { Forwarded: 'for=_hidden' },
      { Forwarded: 'for=127.0.0.9', 'X-Forwarded-For': '198.51.100.1' },
    ]) {
      expect((await refusal(server.ws, { headers })).status).toBe(403);
    }
  });

  it.skipIf(!HAS_IPV6)('matches IPv4 on an IPv6 socket', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, {
      HOST: '::',
      TELEMETRY_ALLOWED_IPS: '127.0.0.2, ::1',
    });
    await (await FakeNode.connect(server.ws, { localAddress: '127.0.0.2' })).close();
    await (await FakeNode.connect(server.ws.replace('127.0.0.1', '[::1]'))).close();
    expect((await refusal(server.ws)).status).toBe(403);
  });
});
