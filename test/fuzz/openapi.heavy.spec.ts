import fc from 'fast-check';
import type { OpenAPIObject } from '@nestjs/swagger';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { TestDatabase } from '../support/databases.js';
import { FakeNode } from '../support/fake-node.js';
import { type Answer, type Method, OpenApiAnswers } from '../support/openapi-answers.js';
import { type ApiRequest, type Known, requestsOf } from './openapi-requests.js';
import { kusamaMessages } from '../support/real-messages.js';
import { TestServer } from '../support/test-server.js';
import { waitUntil } from '../support/wait-until.js';

/** In all; `TEST_FUZZ_REQUESTS` asks for more. */
const REQUESTS = Number(process.env.TEST_FUZZ_REQUESTS ?? 2_000);
/** Host systems and benchmarks: enough that some outlive what deletes them. */
const EACH = 60;
const SEED = Number(process.env.TEST_FUZZ_SEED ?? 20_261_125);

/** A peer that said something of each type. */
async function aNode(server: TestServer): Promise<string> {
  const node = await FakeNode.connect(server.ws);
  const peerId = 'QmKnown';
  await node.sendConnected({
    network_id: peerId,
    chain: 'Kusama',
    sysinfo: { cpu: 'AMD EPYC 7443P', core_count: 24 },
  });
  for (const message of kusamaMessages()) {
    if (message.msg !== 'system.connected') await node.send(JSON.stringify(message));
  }
  await waitUntil(
    async () =>
      (await (await server.get(`/nodes/log_stats?peer_id=${peerId}`)).text()).includes('network_state'),
    { what: 'the messages to be stored' },
  );
  return peerId;
}

/** As Node's client does, but for `fetch`'s own opinions on bodies and headers. */
async function send(server: TestServer, { method, path, body, headers }: ApiRequest): Promise<Answer> {
  return await new Promise((resolve, reject) => {
    const asking = request(
      new URL(server.http).origin + path,
      { method: method.toUpperCase(), headers },
      (answer) => {
        text(answer).then(
          (all) =>
            resolve({
              status: answer.statusCode ?? 0,
              contentType: answer.headers['content-type'] ?? null,
              text: all,
            }),
          reject,
        );
      },
    );
    asking.on('error', reject).end(body);
  });
}

/** Runs of that peer, with an event. */
async function benchmarks(server: TestServer, peerId: string): Promise<void> {
  const { api } = server;
  const body = { setup: { substrate: { peerId } }, ts_start: '2020-01-01T00:00:00' };
  for (let count = 0; count < EACH; count += 1) {
    const system = { cpu_clock: 2600, cpu_qty: 4, disk_info: 'NVME', os: 'freebsd', ram_mb: 8192 };
    const made = [await api.POST('/host_systems', { body: system }), await api.POST('/benchmarks', { body })];
    expect(made.map(({ response }) => response.status)).toEqual([201, 201]);
  }
  for (const phase of ['start', 'end'] as const) {
    await api.POST('/benchmarks/events', { body: { benchmark_id: 1, name: 'transfers', phase } });
  }
}

/** A block of the chain of that peer, which is registered. @returns its height and its hash */
async function aBlock(server: TestServer, database: TestDatabase, peerId: string): Promise<string[]> {
  const [chain] = (await (await server.get('/network')).json()) as { network: string }[];
  await database.query(
    `WITH chain AS (INSERT INTO chains (key, names, first_seen_at, last_seen_at) VALUES ($1, '{}', now(), now())
                    ON CONFLICT (key) DO UPDATE SET last_seen_at = now() RETURNING id),
          node AS (INSERT INTO nodes (chain_id, peer_id, first_seen_at, last_seen_at, heard, last_collector)
                   SELECT id, $2, now(), now(), interval '1 hour', 1 FROM chain ON CONFLICT DO NOTHING)
     INSERT INTO insight_blocks (chain_id, height, hash, first_seen_at, reporters, expected, arrived, single_source, bins)
     SELECT id, 5, '\\x05', now(), 1, 1, 1, true, '{}' FROM chain`,
    [chain?.network, peerId],
  );
  return ['5', '0x05'];
}

/** What exists, so that most requests have a response. */
async function known(server: TestServer, peerId: string, block: string[]): Promise<Known> {
  const messages = (await (await server.get(`/nodes/logs?peer_id=${peerId}`)).json()) as { cursor: string }[];
  const [connection] = (await (await server.get(`/nodes/${peerId}/connections`)).json()) as { id: string }[];
  const ids = Array.from({ length: EACH }, (_, index) => (index + 1).toString());
  return {
    id: ids,
    base: ids,
    head: ids,
    benchmark_id: ids,
    host_system_id: ids,
    event: ['transfers'],
    name: ['transfers'],
    peer_id: [peerId],
    msg: ['block.import', 'system.interval', 'system.network_state', 'tracing.profiling'],
    chain: ['Kusama'],
    block,
    cursor: [
      ...messages.slice(0, 5).map((message) => message.cursor),
      connection?.id.toString() ?? '',
      peerId,
    ],
  };
}

describe('random requests to every route', () => {
  const timeout = 60_000 + REQUESTS * 50;
  it('get responses by the OpenAPI document, and no 5xx', { timeout }, async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url);
    const answers = new OpenApiAnswers((await (await server.get('/openapi.json')).json()) as OpenAPIObject);
    const peerId = await aNode(server);
    await benchmarks(server, peerId);
    const values = await known(server, peerId, await aBlock(server, database, peerId));
    const seen = new Map<string, Set<number>>();
    const each = Math.ceil(REQUESTS / answers.operations.length);
    // What is there is asked for before it is taken away.
    const order: Method[] = ['get', 'post', 'put', 'patch', 'delete'];
    const operations = answers.operations.toSorted(
      (one, other) => order.indexOf(one.method) - order.indexOf(other.method),
    );
    for (const operation of operations) {
      const statuses = new Set<number>();
      seen.set(operation.operationId, statuses);
      await fc.assert(
        fc.asyncProperty(requestsOf(answers, operation, values), async (asked) => {
          const answer = await send(server, asked);
          statuses.add(answer.status);
          const objection =
            answer.status >= 500 ? answer.text.slice(0, 500) : answers.objection(operation, answer);
          expect([answer.status, objection]).toEqual([answer.status, undefined]);
          // A page takes any.
          const isPage = answer.contentType?.startsWith('text/html') === true;
          if (asked.hasUnknown && !isPage) expect(answer.status).toBeGreaterThanOrEqual(400);
        }),
        { numRuns: each, seed: SEED },
      );
    }
    // Each was understood now and then, and refused now and then.
    for (const [operation, statuses] of seen) {
      const some = (from: number): boolean =>
        [...statuses].some((status) => status >= from && status < from + 100);
      expect([operation, some(200), some(400)]).toEqual([operation, true, true]);
    }
    // The server is as well as before.
    expect((await server.get('/health/ready')).status).toBe(200);
  });
});
