import { type IncomingHttpHeaders, request } from 'node:http';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { describe, expect, it, vi } from 'vitest';
import { ReaderConnection } from '../../src/storage/index.js';
import { batch, newConnectionId, row, snapshot } from '../support/batches.js';
import { TestDatabase } from '../support/databases.js';
import { TestServer } from '../support/test-server.js';
import { TestStorage } from '../support/test-storage.js';
import { waitUntil } from '../support/wait-until.js';

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** As `fetch` cannot: it decompresses, and caches. */
function get(url: string, headers: Record<string, string> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request(url, { headers, agent: false }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.once('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(parts),
        }),
      );
      response.once('error', reject);
    })
      .once('error', reject)
      .end();
  });
}

const peersIn = ({ body }: Answer): string[] =>
  (JSON.parse(body.toString()) as { peer_id: string }[]).map(({ peer_id }) => peer_id);

/** A server whose database has nodes, and a way to store another one. */
async function withNodes(
  count: number,
  story: (server: TestServer, add: (peerId: string) => Promise<void>) => Promise<void>,
): Promise<void> {
  await using database = await TestDatabase.create();
  await using storage = new TestStorage(database.url);
  await storage.collectors.heartbeat();
  const collector = storage.collectorId.identity;
  const add = async (...peers: string[]): Promise<void> => {
    const connections = peers.map((peerId) => snapshot({ id: newConnectionId(collector.number), peerId }));
    await storage.store(batch({ collector, connections }));
  };
  await add(...Array.from({ length: count }, (_, index) => `peer-${index.toString().padStart(5, '0')}`));
  await using server = await TestServer.ready(database.url);
  await story(server, (peerId) => add(peerId));
}

describe('a list that many ask for', () => {
  it('is read once for all who ask within a second, and is never older', async () => {
    await withNodes(20, async (server, add) => {
      const reads = vi.spyOn(ReaderConnection.prototype, 'rows');
      try {
        const url = `${server.http}/nodes`;
        const bodies = await Promise.all(Array.from({ length: 20 }, () => get(url)));
        expect(new Set(bodies.map(({ body }) => body.toString())).size).toBe(1);
        expect(bodies.map((body) => peersIn(body).length)).toEqual(bodies.map(() => 20));
        // One, unless they took longer than a second.
        expect(reads.mock.calls.length).toBeGreaterThan(0);
        expect(reads.mock.calls.length).toBeLessThan(10);
        await add('peer-later');
        const stored = performance.now();
        await waitUntil(async () => peersIn(await get(url)).includes('peer-later'), { what: 'the new node' });
        // It takes some time to be answered.
        expect(performance.now() - stored).toBeLessThan(5_000);
      } finally {
        reads.mockRestore();
      }
    });
  });

  it('is not sent again to a client that has it', async () => {
    await withNodes(3, async (server, add) => {
      const url = `${server.http}/nodes`;
      const first = await get(url);
      const { etag = '' } = first.headers;
      expect(etag).toMatch(/^W\/"[\w-]{27}"$/);
      expect(first.headers['cache-control']).toBe('no-cache');
      for (const known of [etag, `"other", ${etag}`, '*']) {
        const again = await get(url, { 'If-None-Match': known });
        expect([again.status, again.body.length, again.headers.etag]).toEqual([304, 0, etag]);
      }
      expect((await get(url, { 'If-None-Match': '"other"' })).status).toBe(200);
      await add('peer-later');
      await waitUntil(async () => (await get(url, { 'If-None-Match': etag })).status === 200, {
        what: 'another body',
      });
    });
  });

  it('differs by parameters and by token', async () => {
    await withNodes(5, async (server) => {
      const [all, two, other] = await Promise.all([
        get(`${server.http}/nodes`),
        get(`${server.http}/nodes?limit=2`),
        get(`${server.http}/nodes`, { Authorization: 'Bearer other' }),
      ]);
      expect([all, two, other].map((answer) => peersIn(answer).length)).toEqual([5, 2, 5]);
    });
  });

  it('is sent to others although the client that asked first has left', async () => {
    await withNodes(5, async (server) => {
      const left = request(`${server.http}/nodes`, { agent: false }).on('error', () => undefined);
      left.end();
      const others = Array.from({ length: 5 }, () => get(`${server.http}/nodes`));
      left.destroy();
      for (const answer of await Promise.all(others)) expect(peersIn(answer)).toHaveLength(5);
    });
  });
});

describe('an answer', () => {
  it('is compressed for a client that accepts it, with the same content', async () => {
    await withNodes(100, async (server) => {
      for (const path of [
        '/nodes',
        '/openapi.json',
        '/chains',
        '/nodes/logs?peer_id=peer-00000&format=ndjson',
      ]) {
        const plain = await get(server.http + path);
        expect(plain.headers).not.toHaveProperty('content-encoding');
        for (const [encoding, decompress] of [
          ['gzip', gunzipSync],
          ['br', brotliDecompressSync],
        ] as const) {
          const { status, headers, body } = await get(server.http + path, { 'Accept-Encoding': encoding });
          expect([status, headers.vary]).toEqual([200, expect.stringContaining('Accept-Encoding')]);
          if (plain.body.length < 1_024) continue;
          expect(headers['content-encoding'], path).toBe(encoding);
          expect(body.length).toBeLessThan(plain.body.length / 3);
          expect(decompress(body).length).toBe(plain.body.length);
        }
      }
    });
  });

  it('of any number of rows is compressed as a stream', async () => {
    await using database = await TestDatabase.create();
    await using storage = new TestStorage(database.url);
    await storage.collectors.heartbeat();
    const collector = storage.collectorId.identity;
    const id = newConnectionId(collector.number);
    const connections = [snapshot({ id, peerId: 'peer' })];
    const expiring = Array.from({ length: 20_000 }, (_, n) =>
      row({ connectionId: id, logs: JSON.stringify({ msg: 'block.import', n }) }),
    );
    await storage.store(batch({ collector, connections, expiring }));
    await using server = await TestServer.ready(database.url);
    const url = `${server.http}/nodes/logs?peer_id=peer&format=ndjson`;
    const plain = await get(url);
    const { headers, body } = await get(url, { 'Accept-Encoding': 'gzip' });
    expect(headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(body).equals(plain.body)).toBe(true);
    expect(plain.body.toString().split('\n')).toHaveLength(20_001);
  });
});
