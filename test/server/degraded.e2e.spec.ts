import pg from 'pg';
import type { JsonObject } from '../../src/simulator/index.js';
import { describe, expect, it } from 'vitest';
import { TestDatabase } from '../support/databases.js';
import { FakeNode } from '../support/fake-node.js';
import { FeedClient } from '../support/feed-client.js';
import { databaseNamed, onDatabase } from '../support/on-database.js';
import { PostgresProxy } from '../support/postgres-proxy.js';
import { TestServer } from '../support/test-server.js';
import { waitUntil } from '../support/wait-until.js';

const RECENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

interface Ready {
  status: string;
  reason?: string;
  since?: string;
}

async function ready(server: TestServer): Promise<{ code: number; body: Ready }> {
  const answer = await server.get('/health/ready');
  return { code: answer.status, body: (await answer.json()) as Ready };
}

/** Waits until it is so, and looks that it was ready all the while. */
async function becomes(server: TestServer, wanted: Partial<Ready>): Promise<Ready> {
  return await waitUntil(
    async () => {
      const { code, body } = await ready(server);
      if (code !== 200) throw new Error(`/health/ready answers ${code.toString()}`);
      expect(body).toMatchObject(wanted);
      return body;
    },
    { what: `/health/ready to say ${JSON.stringify(wanted)}`, timeoutMs: 30_000 },
  );
}

async function hasStored(database: TestDatabase, messages: number): Promise<void> {
  await waitUntil(
    async () => {
      const rows = await database.query<{ n: number }>(
        "SELECT (logs->>'n')::int AS n FROM tetcore_logs WHERE logs ? 'n' ORDER BY 1",
      );
      expect(rows.map(({ n }) => n)).toEqual(Array.from({ length: messages }, (_, n) => n));
      return true;
    },
    { what: `${messages.toString()} messages, each once`, timeoutMs: 30_000 },
  );
}

async function problemOf(answer: Response): Promise<unknown> {
  const { detail } = (await answer.json()) as { detail: string };
  return { status: answer.status, detail };
}

/** As somebody with the rights to would do it. */
async function asAdministrator(database: TestDatabase, sql: (name: string) => string[]): Promise<void> {
  const name = new URL(database.url).pathname.slice(1);
  await onDatabase(databaseNamed(database.url, 'postgres'), async (client: pg.Client) => {
    for (const text of sql(pg.escapeIdentifier(name))) await client.query(text);
  });
}

const message = (n: number): JsonObject => ({ msg: 'block.import', n, ts: new Date().toISOString() });

describe('a server with a database problem', () => {
  it('accepts nodes, reports the problem, and recovers: frozen', { timeout: 60_000 }, async () => {
    await using database = await TestDatabase.create();
    await using proxy = await PostgresProxy.start(database.url);
    await using server = await TestServer.ready(proxy.url);
    const feed = await FeedClient.connect(server.ws);
    feed.subscribe('*', 'block.import');
    const node = await FakeNode.connect(`${server.ws}/`);
    await node.send(message(0));
    await hasStored(database, 1);
    expect((await ready(server)).body).toEqual({ status: 'ready' });

    proxy.freeze();
    const trouble = await becomes(server, {
      status: 'degraded',
      reason: 'The database cannot be reached.',
    });
    expect(trouble.since).toMatch(RECENT);
    expect((await server.metric('tetcore_database_trouble')).get('kind="unreachable"')).toBe(1);
    const newcomer = await FakeNode.connect(`${server.ws}/`);
    await newcomer.send(message(1));
    await waitUntil(() => feed.staleSince.length > 0, { what: 'the feed to say that it is behind' });
    expect(feed.staleSince[0]).toMatch(RECENT);
    const late = await FeedClient.connect(server.ws);
    await waitUntil(() => late.staleSince.length > 0, { what: 'the feed to tell a newcomer' });
    expect(await problemOf(await server.get('/nodes'))).toMatchObject({
      status: 503,
      detail: 'The database cannot be reached.',
    });

    proxy.thaw();
    await becomes(server, { status: 'ready' });
    await hasStored(database, 2);
    await waitUntil(() => feed.staleSince.at(-1) === null && late.staleSince.at(-1) === null, {
      what: 'the feed to say that it is up to date',
    });
    await feed.has(2);
    expect((await server.get('/nodes')).status).toBe(200);
    for (const client of [feed, late]) await client.close();
    for (const one of [node, newcomer]) await one.close();
  });

  it(
    'takes nodes in, says so everywhere, and goes on by itself: read-only',
    { timeout: 60_000 },
    async () => {
      await using database = await TestDatabase.create();
      await using server = await TestServer.ready(database.url);
      const node = await FakeNode.connect(`${server.ws}/`);
      await node.send(message(0));
      await hasStored(database, 1);

      await asAdministrator(database, (name) => [
        `ALTER DATABASE ${name} SET default_transaction_read_only = on`,
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name.slice(1, -1)}'`,
      ]);
      await becomes(server, { status: 'degraded', reason: 'The database is read-only.' });
      await node.send(message(1));
      expect((await server.get('/nodes')).status).toBe(200);
      const written = await fetch(`${server.http}/host_systems`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({
          description: 'x',
          os: 'linux',
          cpu_qty: 1,
          cpu_clock: 1,
          ram_mb: 1,
          disk_info: 'x',
        }),
      });
      expect(await problemOf(written)).toMatchObject({
        status: 503,
        detail: 'The database is read-only.',
      });

      await asAdministrator(database, (name) => [
        `ALTER DATABASE ${name} RESET default_transaction_read_only`,
      ]);
      await becomes(server, { status: 'ready' });
      await hasStored(database, 2);
      await node.close();
    },
  );

  it(
    'waits for a database that was dropped, and fills one that was made anew',
    { timeout: 60_000 },
    async () => {
      await using database = await TestDatabase.create();
      await using server = await TestServer.ready(database.url);
      const node = await FakeNode.connect(`${server.ws}/`);
      await node.send({ msg: 'system.connected', network_id: '12D3KooWAgain', name: 'again', chain: 'Anew' });
      await node.send({ msg: 'block.import', before: true });
      await waitUntil(
        async () => (await database.query("SELECT 1 FROM tetcore_logs WHERE logs ? 'before'")).length === 1,
        { what: 'the message of before' },
      );

      await asAdministrator(database, (name) => [`DROP DATABASE ${name} WITH (FORCE)`]);
      await becomes(server, { status: 'degraded', reason: 'The database does not exist.' });
      await node.send(message(0));
      expect(await problemOf(await server.get('/nodes'))).toMatchObject({ status: 503 });

      await asAdministrator(database, (name) => [
        `CREATE DATABASE ${name} ENCODING 'UTF8' TEMPLATE template0`,
      ]);
      await becomes(server, { status: 'degraded', reason: 'Tables are missing in the database.' });
      expect(await problemOf(await server.get('/nodes'))).toMatchObject({
        status: 503,
        detail: 'Tables are missing in the database.',
      });
      await becomes(server, { status: 'ready' });
      await node.send(message(1));
      await hasStored(database, 2);
      expect(await database.query('SELECT host FROM collectors')).toHaveLength(1);
      // The row of a connection is written twice a minute, and whenever the node says something new of itself.
      await node.send({ msg: 'system.connected', network_id: '12D3KooWAgain', name: 'again', version: '2' });
      await waitUntil(
        async () => {
          const nodes: unknown = await (await server.get('/nodes')).json();
          expect(nodes).toMatchObject([{ peer_id: '12D3KooWAgain', chain: 'Anew' }]);
          return true;
        },
        { what: 'the node in the list' },
      );
      await node.close();
    },
  );
});

describe('tables of another version', () => {
  it.each([
    ['ALTER TABLE nodes DROP COLUMN heard', 'nodes has no column heard'],
    [
      'ALTER TABLE logs_audit ALTER COLUMN type TYPE bigint',
      'logs_audit.type has type bigint instead of smallint',
    ],
    [
      'ALTER TABLE peer_connections ADD COLUMN region text NOT NULL',
      'peer_connections has an unknown required column region',
    ],
    ['DROP TABLE observer_gaps', 'table observer_gaps is missing'],
  ])('are refused at the start: %s', async (sql, fault) => {
    await using database = await TestDatabase.create();
    await database.query('DROP VIEW tetcore_logs CASCADE');
    await database.query(sql);
    await using server = await TestServer.start(database.url);
    await expect(server.server.ready).rejects.toThrow(
      expect.objectContaining({
        message: expect.stringMatching(new RegExp(`has tables of another version: .*${fault}`)) as string,
      }) as Error,
    );
  });

  it('may have additional columns', async () => {
    await using database = await TestDatabase.create();
    await database.query('ALTER TABLE peer_connections ADD COLUMN region text');
    await database.query("ALTER TABLE nodes ADD COLUMN zone text NOT NULL DEFAULT 'x'");
    await using server = await TestServer.ready(database.url);
    expect((await server.get('/health/ready')).status).toBe(200);
  });
});
