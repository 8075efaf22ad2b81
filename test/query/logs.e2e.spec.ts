import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { once } from 'node:events';
import { type IncomingMessage, request, type RequestOptions } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { v7 as uuidv7 } from 'uuid';
import { describe, expect, it } from 'vitest';
import { MESSAGE_JSON, rangeQuery } from '../../src/query/messages/message-sql.js';
import { NEWEST_FIRST, type ReadRange } from '../../src/query/messages/message-ranges.js';
import type { ConnectionSnapshot, EndReason } from '../../src/storage/index.js';
import { batch, row, snapshot, type TestRow, newConnectionId, TEST_COLLECTOR } from '../support/batches.js';
import { TestDatabase } from '../support/databases.js';
import { onDatabase } from '../support/on-database.js';
import { usedBytes } from '../support/kept-bytes.js';
import { kusamaMessages } from '../support/real-messages.js';
import { sharedServer } from '../support/shared-server.js';
import { TestServer } from '../support/test-server.js';
import { TestStorage } from '../support/test-storage.js';
import { waitUntil } from '../support/wait-until.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const MIB = 1024 ** 2;

interface Message {
  id: number;
  cursor: string;
  ip_addr: string;
  peer_id: string;
  msg: string | null;
  created_at: string;
  logs: Record<string, unknown>;
}

interface Problem {
  status: number;
  detail: string;
  errors?: { parameter: string; detail: string }[];
}

/** A connection, and rows of it by their age: milliseconds. The bounds are those of the rows. */
function connectionWith(
  ages: readonly number[],
  make: (index: number) => { msg?: string | null; logs?: string },
  given: Partial<ConnectionSnapshot> = {},
): { connection: ConnectionSnapshot; rows: TestRow[] } {
  const now = Date.now();
  const id = newConnectionId();
  const times = ages.map((age) => now - age);
  const [oldest, newest] = [Math.min(now, ...times), ages.length === 0 ? now : Math.max(...times)];
  return {
    connection: snapshot({
      id,
      peerId: 'QmAsked',
      oldestCreatedAt: oldest,
      newestCreatedAt: newest,
      ...given,
    }),
    rows: times.map((at, index) => row({ at, connectionId: id, ...make(index) })),
  };
}

const ended = (at: number, reason: EndReason = 'closed') => ({
  endedAt: at,
  endReason: reason,
  endCode: 1000,
});

async function messages(server: TestServer, query: Record<string, string>): Promise<Message[]> {
  const answer = await server.get(`/nodes/logs?${new URLSearchParams(query).toString()}`);
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
  return (await answer.json()) as Message[];
}

/** All of them, in pages of a size. */
async function inPages(server: TestServer, query: Record<string, string>, size: number): Promise<Message[]> {
  const found: Message[] = [];
  for (let page: Message[] | undefined; page?.length !== 0;) {
    const cursor = found.at(-1)?.cursor;
    page = await messages(server, {
      ...query,
      limit: size.toString(),
      ...(cursor !== undefined && { cursor }),
    });
    found.push(...page);
  }
  return found;
}

async function exported(
  server: TestServer,
  query: Record<string, string>,
  format: string,
): Promise<Message[]> {
  const answer = await fetch(`${server.http}/nodes/logs?${new URLSearchParams(query).toString()}`, {
    headers: { accept: format },
  });
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toContain(format);
  expect(answer.headers.get('vary')).toBe('Accept, Accept-Encoding');
  const text = await answer.text();
  return format === 'text/csv' ? messagesOfCsv(text) : messagesOfLines(text);
}

function messagesOfLines(text: string): Message[] {
  expect(text).toMatch(/^$|\n$/);
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Message);
}

function messagesOfCsv(text: string): Message[] {
  expect(text.split('\r\n')[0]).toBe('id,ip_addr,peer_id,msg,created_at,logs,cursor');
  const rows = parse<Record<string, string>>(text, { columns: true, record_delimiter: '\r\n' });
  return rows.map(
    ({ id = '', ip_addr = '', peer_id = '', msg = '', created_at = '', logs = '', cursor = '' }) => {
      const said = JSON.parse(logs) as Message['logs'];
      return {
        id: Number(id),
        ip_addr,
        peer_id,
        // A table does not tell an empty text from none; the message does.
        msg: msg === '' && !('msg' in said) ? null : msg,
        created_at,
        logs: said,
        cursor,
      };
    },
  );
}

/** Sends a request, and does not read the response yet. */
async function ask(server: TestServer, path: string, from: RequestOptions = {}): Promise<IncomingMessage> {
  const asking = request(server.http + path, { agent: false, ...from }).end();
  const [answer] = (await once(asking, 'response')) as [IncomingMessage];
  answer.on('error', () => undefined);
  return answer;
}

async function inTransaction(database: TestDatabase): Promise<{ state: string; since: string }[]> {
  return await database.query(
    `SELECT state, state_change::text AS since FROM pg_stat_activity WHERE datname = current_database()
        AND application_name = 'tetcore-analytics reader' AND state <> 'idle'`,
  );
}

/** Waits until a reader waits for its client. */
async function leftAlone(database: TestDatabase): Promise<void> {
  await waitUntil(
    async () => {
      const [one] = await inTransaction(database);
      await setTimeout(100);
      const [other] = await inTransaction(database);
      return one?.state === 'idle in transaction' && other?.state === one.state && other.since === one.since;
    },
    { what: 'the database to be left alone', timeoutMs: 10_000 },
  );
}

/** Network states of real size, all of one connection: bytes of one. */
async function networkStates(database: TestDatabase, count: number): Promise<number> {
  await using storage = new TestStorage(database.url);
  const logs = JSON.stringify(kusamaMessages().find(({ msg }) => msg === 'system.network_state'));
  const { connection, rows } = connectionWith([0], () => ({ msg: 'system.network_state', logs }));
  await storage.store(batch({ expiring: rows, connections: [connection] }));
  await database.query(
    `INSERT INTO logs_expiring (created_at, received_at, collector, peer_connection_id, type, logs)
     SELECT created_at, received_at, collector, peer_connection_id, type, logs
       FROM logs_expiring, generate_series(2, $1::int)`,
    [count],
  );
  return logs.length;
}

const shared = sharedServer();

describe('a response of GET /nodes/logs', () => {
  it('with many network states uses little memory, however slowly the client reads', async () => {
    await using database = await TestDatabase.create();
    const size = await networkStates(database, 1000);
    await using server = await TestServer.ready(database.url);
    const before = usedBytes();
    const answer = await ask(server, '/nodes/logs?peer_id=QmAsked&limit=10000');
    // The client does not read, so that no more rows are fetched.
    await leftAlone(database);
    let [peak, bytes, looks] = [usedBytes(), 0, 0];
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > 10 * MIB * looks) {
        looks += 1;
        peak = Math.max(peak, usedBytes());
      }
    }
    expect(bytes).toBeGreaterThan(900 * size);
    expect(peak - before).toBeLessThan(20 * MIB);
  }, 90_000);

  it('stops reading from the database when the client disconnects', async () => {
    await using database = await TestDatabase.create();
    await networkStates(database, 200);
    await using server = await TestServer.ready(database.url);
    for (let time = 0; time < 10; time += 1) {
      (await ask(server, '/nodes/logs?peer_id=QmAsked&limit=10000')).destroy();
    }
    await waitUntil(async () => (await inTransaction(database)).length === 0, { what: 'readers to end' });
    expect(await messages(server, { peer_id: 'QmAsked', limit: '1' })).toHaveLength(1);
  });

  it('cancels its query when the client disconnects before the first row', async () => {
    await using database = await TestDatabase.create();
    await database.query(
      `INSERT INTO peer_connections (id, ip_addr, peer_id, created_at, audit, path, socket_id, collector, revision,
              first_message_at, last_message_at, oldest_created_at, newest_created_at, ended_at, end_reason)
       SELECT 1000 * 2 ^ 32 + n, '127.0.0.1', 'QmAsked', at, false, '/', gen_random_uuid(), 1000, 1,
              at, at, at, at, at, 'closed'
         FROM generate_series(1, 6000) AS n,
              LATERAL (SELECT now() - make_interval(secs => n)) AS moment (at)`,
    );
    await using server = await TestServer.ready(database.url);
    const abort = new AbortController();
    const path = '/nodes/logs?peer_id=QmAsked&target=nope';
    const asking = Array.from({ length: 5 }, () => fetch(server.http + path, { signal: abort.signal }));
    await waitUntil(async () => (await inTransaction(database)).length === 5, { what: 'readers to begin' });
    abort.abort();
    expect((await Promise.allSettled(asking)).map(({ status }) => status)).toEqual(Array(5).fill('rejected'));
    await waitUntil(async () => (await inTransaction(database)).length === 0, {
      what: 'readers to end',
      timeoutMs: 2_000,
    });
    expect((await server.get('/nodes?limit=1')).status).toBe(200);
  });

  it('cancels a running statement when the client disconnects', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url);
    await onDatabase(database.url, async (client) => {
      await client.query('BEGIN; LOCK TABLE peer_connections');
      const abort = new AbortController();
      const asking = fetch(`${server.http}/nodes`, { signal: abort.signal });
      await waitUntil(async () => (await inTransaction(database))[0]?.state === 'active', {
        what: 'a reader to wait for the table',
      });
      abort.abort();
      await expect(asking).rejects.toThrow('abort');
      await waitUntil(async () => (await inTransaction(database)).length === 0, {
        what: 'the statement to be cancelled',
        timeoutMs: 2_000,
      });
    });
    expect((await server.get('/nodes')).status).toBe(200);
  });

  it('that is large gets 503 if too many wait for slow clients, while pages are still answered', async () => {
    await using database = await TestDatabase.create();
    await networkStates(database, 200);
    await using server = await TestServer.ready(database.url);
    const path = '/nodes/logs?peer_id=QmAsked&limit=10000';
    const pages: number[] = [];
    for (let round = 0; round < 3; round += 1) {
      const addresses = Array.from({ length: 10 }, (_, n) => `127.0.0.${(n < 5 ? 1 : 2).toString()}`);
      const clients = addresses.map((localAddress) => ask(server, path, { localAddress }));
      for (let n = 0; n < 10; n += 1) pages.push((await server.get('/nodes')).status);
      const answers = await Promise.all(clients);
      const statuses = answers.map(({ statusCode }) => statusCode);
      expect(statuses.slice(0, 5).sort()).toEqual([200, 200, 503, 503, 503]);
      expect(statuses.slice(5).sort()).toEqual([200, 200, 503, 503, 503]);
      await leftAlone(database);
      // Jobs of the server have short transactions on the same pool.
      await waitUntil(async () => (await inTransaction(database)).length === 4, { what: 'four readers' });
      for (const probe of ['/nodes', '/health/live', '/health/ready', '/network']) {
        pages.push((await server.get(probe)).status);
      }
      for (const answer of answers) answer.destroy();
      await waitUntil(async () => (await inTransaction(database)).length === 0, { what: 'readers to end' });
    }
    expect(new Set(pages)).toEqual(new Set([200]));
    expect(await server.metric('tetcore_http_answers_refused_total')).toEqual(
      new Map([['reason="streams_of_address"', 18]]),
    );
  });

  it('that fits into memory is buffered for a slow client, without a database connection', async () => {
    await using database = await TestDatabase.create();
    const size = await networkStates(database, 200);
    await using server = await TestServer.ready(database.url);
    const limit = Math.floor((3.5 * MIB) / size);
    const path = `/nodes/logs?peer_id=QmAsked&limit=${limit.toString()}`;
    const answers = await Promise.all(Array.from({ length: 5 }, () => ask(server, path)));
    expect(answers.map(({ statusCode }) => statusCode)).toEqual(Array(5).fill(200));
    await waitUntil(async () => (await inTransaction(database)).length === 0, { what: 'readers to end' });
    const rows = await Promise.all(
      answers.map(async (answer) => JSON.parse(await text(answer)) as unknown[]),
    );
    expect(rows.map(({ length }) => length)).toEqual(Array(5).fill(limit));
  });

  it('is aborted if the database fails after the first row, and a problem if it fails before', async () => {
    await using database = await TestDatabase.create();
    await networkStates(database, 200);
    await using server = await TestServer.ready(database.url);
    const answer = await ask(server, '/nodes/logs?peer_id=QmAsked&limit=10000');
    await leftAlone(database);
    await database.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle in transaction'
          AND datname = current_database()`,
    );
    await expect(
      (async () => {
        for await (const chunk of answer) expect(chunk).toBeDefined();
      })(),
    ).rejects.toThrow('aborted');
    await database.query('ALTER TABLE peer_connections RENAME COLUMN peer_id TO gone');
    for (const path of ['/nodes', '/nodes/logs?peer_id=QmAsked']) {
      const failed = await server.get(path);
      expect(failed.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
      expect(failed.status).toBe(500);
    }
    await database.query('ALTER TABLE peer_connections RENAME COLUMN gone TO peer_id');
    expect((await server.get('/nodes')).status).toBe(200);
  });
});

describe('an invalid request', () => {
  it('gets a 400 that describes the parameter', async () => {
    const { server } = shared();
    const wrong: [query: string, parameter: string][] = [
      ['', 'peer_id'],
      ['peer_id=', 'peer_id'],
      ['peer_id=%00', 'peer_id'],
      ['peer_id=a&peer_id=b', 'peer_id'],
      ['peer_id=a&msg=x%00y', 'msg'],
      ['peer_id=a&msg=x&msg=y', 'msg'],
      ['peer_id=a&target=%00', 'target'],
      ['peer_id=a&target=x&target=y', 'target'],
      ...['0x10', '1e3', '1.0', '+1', '-1', '0', '1000001', '', ' 1', '1&limit=1', 'NaN', '9'.repeat(30)].map(
        (limit): [string, string] => [`peer_id=a&limit=${encodeURI(limit).replace('+', '%2B')}`, 'limit'],
      ),
      ...[
        '2020-01-01T00:00:00%2B23:00',
        '2020-01-01T00:00:00-16:00',
        '2020-01-01T00:00:00%2B05:60',
        '2020-02-30T00:00:00',
        '0000-01-01T00:00:00',
        '12020-01-01T00:00:00',
        '2020-01-01T25:00:00',
        '2020-01-01T00:00:60',
        '%00',
        'now',
        '',
        '2020-01-01T00:00:00&start_time=2020-01-01T00:00:00',
      ].map((time): [string, string] => [`peer_id=a&start_time=${time}`, 'start_time']),
      ['peer_id=a&end_time=2020-01-01T00:00:00%2B16:00', 'end_time'],
      ...[
        '2026-02-30T00:00:00.000000Z_1',
        '9999-99-99T00:00:00.000000Z_1',
        '0000-01-01T00:00:00.000000Z_1',
        '2026-01-01T24:00:00.000001Z_1',
        '2026-01-01T00:60:00.000000Z_1',
        '2026-01-01T00:00:00Z_1',
        '2026-01-01T00:00:00.000000Z_1&cursor=2026-01-01T00:00:00.000000Z_1',
        '',
      ].map((cursor): [string, string] => [`peer_id=a&cursor=${cursor}`, 'cursor']),
      ['peer_id=a&limits=1', 'limits'],
      ['peer_id=a&limit[]=1', 'limit[]'],
    ];
    for (const [query, parameter] of wrong) {
      const answer = await server.get(`/nodes/logs?${query}`);
      expect([query, answer.status]).toEqual([query, 400]);
      expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
      const problem = (await answer.json()) as Problem;
      expect([query, problem.errors?.map((error) => error.parameter)]).toEqual([query, [parameter]]);
    }
  });

  it('does not include times and cursors that PostgreSQL accepts', async () => {
    const { server } = shared();
    for (const time of [
      '0001-01-01T00:00:00',
      '0001-01-01T00:00:00%2B15:59',
      '9999-12-31T23:59:59.999999999-15:59',
      '2020-02-29 12:00',
      '2020-01-01T24:00:00',
      '2020-01-01T00:00:00.123456789z',
      '2020-01-01T00:00:00 0530',
      '2020-01-01T00:00:00%2B05',
      '2020-01-01',
      '2016-12-31T23:59:60Z',
    ]) {
      for (const name of ['start_time', 'end_time']) {
        const answer = await server.get(`/nodes/logs?peer_id=a&${name}=${time}`);
        expect([time, answer.status, await answer.text()]).toEqual([time, 200, '[]']);
      }
    }
    for (const cursor of [
      '0001-01-01T00:00:00.000000Z_0',
      '9999-12-31T23:59:59.999999Z_999999999999999999',
    ]) {
      for (const order of ['asc', 'desc']) {
        const answer = await server.get(`/nodes/logs?peer_id=a&order=${order}&cursor=${cursor}`);
        expect([cursor, answer.status]).toEqual([cursor, 200]);
      }
    }
    for (const query of ['peer_id=a&limit=0010', 'peer_id=%F0%9F%98%80&msg=%FF', 'peer_id=a&msg=&target=']) {
      expect([query, (await server.get(`/nodes/logs?${query}`)).status]).toEqual([query, 200]);
    }
  });
});

describe('the messages of a node', () => {
  const TYPES = ['block.import', 'system.interval', 'ä', '', null];

  it('are those that a plain SQL query finds, sorted by time and id', { timeout: 120_000 }, async () => {
    const { database, server } = shared();
    await using storage = new TestStorage(database.url, { environment: { LOG_EXPIRY_H: '2000' } });
    const age = fc.oneof(
      fc.integer({ min: 0, max: 5_000 }),
      fc.integer({ min: 0, max: 6 * DAY_MS }),
      fc.integer({ min: -DAY_MS + 60_000, max: 0 }),
      // Some are of the same time.
      fc.constantFrom(HOUR_MS, 2 * DAY_MS),
    );
    const message = fc.record({
      age,
      msg: fc.constantFrom(...TYPES),
      target: fc.constantFrom(undefined, 'one', 'two'),
      origin: fc.constantFrom(undefined, 'one', 'two'),
    });
    const connection = fc.record({
      audit: fc.boolean(),
      end: fc.constantFrom('open' as const, 'closed' as const, 'collector_lost' as const),
      peer: fc.constantFrom('own', 'own', 'other'),
      messages: fc.array(message, { maxLength: 25 }),
    });
    const request = fc.record(
      {
        msg: fc.constantFrom('block.import', 'system.interval', '', 'ä', 'never'),
        target: fc.constantFrom('one', 'two'),
        start: fc.nat({ max: 100 }),
        end: fc.nat({ max: 100 }),
        limit: fc.constantFrom(1, 2, 7, 20, 1000),
        order: fc.constantFrom('asc', 'desc'),
        format: fc.constantFrom('application/x-ndjson', 'text/csv'),
        page: fc.constantFrom(1, 3, 10),
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(connection, { maxLength: 6 }),
        fc.array(request, { minLength: 3, maxLength: 8 }),
        async (connections, requests) => {
          const peer = uuidv7();
          const parts = connections.map(({ audit, end, peer: whose, messages }) => {
            const made = connectionWith(
              messages.map((one) => one.age),
              (index) => {
                const { msg, target, origin } = messages[index] ?? {};
                return { msg: msg ?? null, logs: JSON.stringify({ msg: msg ?? undefined, target, origin }) };
              },
              { audit, peerId: whose === 'own' ? peer : `${peer}-other` },
            );
            if (end !== 'open') Object.assign(made.connection, ended(Date.now(), end));
            // What a process had not yet written of the last half minute when it died.
            if (end === 'collector_lost') made.connection.newestCreatedAt = made.connection.oldestCreatedAt;
            return made;
          });
          const rowsOf = (audit: boolean): TestRow[] =>
            parts.filter((part) => part.connection.audit === audit).flatMap((part) => part.rows);
          await storage.store(
            batch({
              expiring: rowsOf(false),
              audit: rowsOf(true),
              connections: parts.map((part) => part.connection),
            }),
          );
          const times = (
            await database.query<{ at: string }>(
              `SELECT to_char(m.created_at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at
                 FROM tetcore_logs m JOIN peer_connections c ON c.id = peer_connection_id WHERE peer_id = $1`,
              [peer],
            )
          ).map(({ at }) => at);
          for (const { msg, target, start, end, limit, order, format, page } of requests) {
            const [from, to] = [start, end].map((at) =>
              at === undefined ? undefined : times[at % times.length],
            );
            const asked = {
              peer_id: peer,
              ...(msg !== undefined && { msg }),
              ...(target !== undefined && { target }),
              ...(from !== undefined && { start_time: from }),
              ...(to !== undefined && { end_time: to }),
              ...(order !== undefined && { order }),
            };
            const most = limit ?? 100;
            const naive = await database.query<{ row: Message }>(
              `SELECT json_build_object('id', m.id, 'ip_addr', ip_addr, 'peer_id', peer_id, 'msg', logs->>'msg',
                        'created_at', to_char(m.created_at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 'logs', logs, 'cursor',
                        to_char(m.created_at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '_' || m.id) AS row
                 FROM tetcore_logs m JOIN peer_connections c ON c.id = peer_connection_id
                WHERE peer_id = $1 AND ($2::text IS NULL OR msg = $2)
                  AND ($3::text IS NULL OR logs->>'target' = $3 OR logs->>'origin' = $3)
                  AND ($4::timestamptz IS NULL OR m.created_at > $4)
                  AND ($5::timestamptz IS NULL OR m.created_at < $5)
                ORDER BY CASE $6::text WHEN 'asc' THEN m.created_at END, CASE $6::text WHEN 'asc' THEN m.id END,
                         m.created_at DESC, m.id DESC`,
              [peer, msg ?? null, target ?? null, from ?? null, to ?? null, order ?? 'desc'],
            );
            const rows = naive.map((one) => one.row);
            const wanted = rows.slice(0, most);
            expect(await messages(server, { ...asked, limit: most.toString() })).toEqual(wanted);
            if (format !== undefined) expect(await exported(server, asked, format)).toEqual(rows);
            if (page !== undefined) expect(await inPages(server, asked, page)).toEqual(rows);
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('are found by a type without a number, of any length', async () => {
    await using database = await TestDatabase.create();
    await using storage = new TestStorage(database.url);
    await using server = await TestServer.ready(database.url);
    const types = [127, 128, 129, 300].flatMap((length) => ['x', '😀'].map((one) => one.repeat(length)));
    const { connection, rows } = connectionWith(
      types.map((_, index) => index),
      (index) => ({
        msg: types[index] ?? '',
        logs: JSON.stringify({ msg: types[index] }),
      }),
    );
    await storage.store(batch({ expiring: rows, connections: [connection] }));
    for (const msg of types) {
      expect((await messages(server, { peer_id: 'QmAsked', msg })).map((one) => one.msg)).toEqual([msg]);
    }
    expect(await messages(server, { peer_id: 'QmAsked' })).toHaveLength(types.length);
  });

  it('can have any number of types', async () => {
    await using database = await TestDatabase.create();
    await using storage = new TestStorage(database.url);
    await using server = await TestServer.ready(database.url);
    const { connection, rows } = connectionWith(
      Array.from({ length: 200 }, (_, index) => index * 10),
      (index) => ({ msg: `type.${index.toString()}`, logs: JSON.stringify({ n: index }) }),
    );
    await storage.store(batch({ expiring: rows, connections: [connection] }));
    const found = await messages(server, { peer_id: 'QmAsked', limit: '150' });
    expect(found.map((one) => one.logs.n)).toEqual(Array.from({ length: 150 }, (_, index) => index));
  });

  it('of a node with hundreds of connections come from the last connections first', async () => {
    await using database = await TestDatabase.create();
    await using storage = new TestStorage(database.url);
    await using server = await TestServer.ready(database.url);
    const parts = Array.from({ length: 500 }, (_, index) => {
      const age = (index + 1) * 600_000;
      const given = { createdAt: Date.now() - age, ...ended(Date.now() - age) };
      return connectionWith(
        [age, age + 1_000],
        () => ({ msg: 'system.interval', logs: JSON.stringify({ msg: 'system.interval', n: index }) }),
        given,
      );
    });
    await storage.store(
      batch({
        expiring: parts.flatMap((part) => part.rows),
        connections: parts.map((part) => part.connection),
      }),
    );
    for (const limit of [5, 1000]) {
      const found = await messages(server, { peer_id: 'QmAsked', limit: limit.toString() });
      expect(found.map((one) => one.logs.n)).toEqual(
        Array.from({ length: limit }, (_, index) => Math.floor(index / 2)),
      );
    }
  });
});

describe('the query plans', () => {
  interface Plan {
    'Node Type': string;
    'Relation Name'?: string;
    'Scan Direction'?: string;
    'Actual Rows'?: number;
    Plans?: Plan[];
  }

  async function explain(
    database: TestDatabase,
    { text, values }: { text: string; values: readonly unknown[] },
  ): Promise<Plan[]> {
    const [found] = await database.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
      `EXPLAIN (ANALYZE, FORMAT JSON) ${text}`,
      [...values],
    );
    const flat = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(flat)];
    const root = found?.['QUERY PLAN'][0].Plan;
    return root === undefined ? [] : flat(root);
  }

  it('read few rows, by index, of the partitions that can have messages of a connection', async () => {
    await using database = await TestDatabase.create();
    await using storage = new TestStorage(database.url, { environment: { LOG_EXPIRY_H: '2000' } });
    const now = Date.now();
    const midnight = Math.floor(now / DAY_MS) * DAY_MS;
    const [from, to] = [midnight - 6.5 * DAY_MS, midnight - 2.5 * DAY_MS];
    await storage.partitions.ensure('logs_expiring', now - 10 * DAY_MS, now);
    await storage.partitions.ensure('logs_audit', now - 10 * DAY_MS, now);
    const ids = { id: newConnectionId(), collector: TEST_COLLECTOR.number };
    const connection = { ...ids, audit: false, ip_addr: '127.0.0.1', from, to };
    for (const [id, count] of [
      [connection.id, 40_000],
      [newConnectionId(), 10_000],
    ] as const) {
      await database.query(
        `INSERT INTO logs_expiring (created_at, received_at, collector, peer_connection_id, type, logs)
         SELECT at, at, $5, $1, CASE WHEN n % 4000 = 0 THEN 3 ELSE 16 + n % 12 END, jsonb_build_object('n', n)
           FROM generate_series(1, $2::int) AS n,
                LATERAL (SELECT to_timestamp($3::float8 + ($4::float8 - $3) * n / ($2 + 1.0))) AS moment (at)`,
        [id, count, from / 1000, to / 1000, TEST_COLLECTOR.number],
      );
    }
    await database.query('VACUUM ANALYZE logs_expiring');
    const inBounds = (
      await database.query<{ name: string }>(
        'SELECT DISTINCT tableoid::regclass::text AS name FROM logs_expiring WHERE created_at BETWEEN $1 AND $2',
        [new Date(from), new Date(to)],
      )
    ).map(({ name }) => name);
    expect(inBounds.length).toBeGreaterThan(2);

    const touched = new Set<string>();
    const selection = { peerId: 'QmAsked', order: NEWEST_FIRST, limit: 10, projection: MESSAGE_JSON };
    let range: ReadRange | null = NEWEST_FIRST.first(connection, now);
    for (let part = 0; range !== null; part += 1) {
      const asked = [
        rangeQuery(range, { ...selection, filter: {} }, 10),
        rangeQuery(range, { ...selection, filter: { msg: 'notify.finalized' } }, 10),
        rangeQuery(range, { ...selection, filter: { msg: 'system.network_state' } }, 10),
      ];
      for (const query of asked) {
        const plans = await explain(database, query);
        const scans = plans.filter((plan) => plan['Relation Name'] !== undefined);
        for (const scan of scans) {
          const name = scan['Relation Name'] ?? '';
          touched.add(name);
          if (inBounds.includes(name)) expect(scan['Node Type']).toMatch(/^Index/);
        }
        expect(Math.max(...scans.map((scan) => scan['Actual Rows'] ?? 0))).toBeLessThanOrEqual(50);
      }
      range = NEWEST_FIRST.next(range);
    }
    expect([...touched].sort()).toEqual(inBounds.sort());
  });

  it('find the newest connection of each of 2,000 peers', async () => {
    await using database = await TestDatabase.create();
    await database.query(
      `INSERT INTO peer_connections (id, ip_addr, peer_id, created_at, audit, name, path, socket_id, collector,
              revision, first_message_at, last_message_at, oldest_created_at, newest_created_at)
       SELECT 1000 * 2 ^ 32 + n, '127.0.0.1', 'Qm' || n % 2000, at, false, 'node ' || n, '/', gen_random_uuid(),
              1000, 1, at, at, at, at
         FROM generate_series(1, 20000) AS n,
              LATERAL (SELECT now() - make_interval(secs => 20000 - n)) AS moment (at)`,
    );
    await using server = await TestServer.ready(database.url);
    const nodes = (await (await server.get('/nodes')).json()) as { peer_id: string; name: string }[];
    expect(nodes).toHaveLength(2000);
    expect(nodes[0]).toMatchObject({ peer_id: 'Qm0', name: 'node 20000' });
    expect(nodes.at(-1)).toMatchObject({ peer_id: 'Qm999', name: 'node 18999' });
  });
});

describe('an unknown parameter', () => {
  it.each(['/nodes?foo=1', '/nodes/logs?peer_id=x&foo=1'])('is rejected by name: %s', async (path) => {
    const { server } = shared();
    const answer = await server.get(path);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({
      errors: [
        { parameter: 'foo', detail: expect.stringMatching(/^is unknown; known are: .*limit/) as string },
      ],
    });
  });
});
