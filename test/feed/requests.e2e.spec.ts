import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestDatabase } from '../support/databases.js';
import { FakeNode } from '../support/fake-node.js';
import { FeedClient } from '../support/feed-client.js';
import { TestServer } from '../support/test-server.js';
import { waitUntil } from '../support/wait-until.js';

const good = {
  peer_id: 'QmPeer',
  msg: 'x.a',
  interest: 'subscribe',
  start_time: '2020-01-01T00:00:00.000',
};
const aggregate = { ...good, aggregate_type: 'mean', aggregate_interval: 10 };
const without = (name: string): object =>
  Object.fromEntries(Object.entries(good).filter(([key]) => key !== name));

const MALFORMED: [what: string, request: unknown, error: RegExp][] = [
  ['no JSON', '{"peer_id"', /^A frame must be one JSON object\.$/],
  ['nothing', '""', /^A frame must be one JSON object\.$/],
  ['null', 'null', /^A frame must be one JSON object\.$/],
  ['a list', [good], /^A frame must be one JSON object\.$/],
  ['lists in lists', '['.repeat(30_000), /^A frame must be one JSON object\.$/],
  ['something deep', `{"msg":${'['.repeat(15_000)}${']'.repeat(15_000)}}`, /^msg must be a plain value\.$/],
  ['a prototype', '{"__proto__":{"msg":1}}', /^__proto__ must be a plain value\.$/],
  ['no interest', without('interest'), /^interest must be one of: subscribe, unsubscribe\.$/],
  ['another interest', { ...good, interest: 'much' }, /^interest must be one of: subscribe, unsubscribe\.$/],
  [
    'no peer',
    without('peer_id'),
    /^peer_id must be a single string .*: the peer id of a node, or \* for all\.$/,
  ],
  ['an empty peer', { ...good, peer_id: '' }, /^peer_id must be .* the peer id/],
  ['a number as peer', { ...good, peer_id: 7 }, /^peer_id must be .* the peer id/],
  ['a peer with NUL', { ...good, peer_id: 'a\0' }, /^peer_id must be .*without NUL:/],
  ['a long peer', { ...good, peer_id: 'Q'.repeat(1025) }, /^peer_id must be .*at most 1024 characters/],
  ['no type', without('msg'), /^msg must be .*: the type of a message/],
  ['null as type', { ...good, msg: null }, /^msg must be .*: the type of a message/],
  ['no start', without('start_time'), /^start_time must be a single time such as 2019-01-01T00:00:00/],
  ['no time', { ...good, start_time: 'yesterday' }, /^start_time must be a single time/],
  [
    'a day that is not',
    { ...good, start_time: '2020-02-30T00:00:00' },
    /^start_time must be a single time .*: 2020-02-30 is not a date/,
  ],
  ['a number as time', { ...good, start_time: 1577836800 }, /^start_time must be a single time/],
  [
    'another aggregate',
    { ...aggregate, aggregate_type: 'mode' },
    /^aggregate_type must be one of: mean, median, min/,
  ],
  ['no interval', { ...good, aggregate_type: 'mean' }, /^aggregate_interval must be an integer from 1/],
  [
    'an interval of 0',
    { ...aggregate, aggregate_interval: 0 },
    /^aggregate_interval must be an integer from 1/,
  ],
  ['half a second', { ...aggregate, aggregate_interval: 0.5 }, /^aggregate_interval must be an integer/],
  [
    'a text as interval',
    { ...aggregate, aggregate_interval: '10' },
    /^aggregate_interval must be an integer/,
  ],
  [
    'more than is held',
    { ...aggregate, aggregate_interval: 3601 },
    /^aggregate_interval must be .* 1 to 3600/,
  ],
  [
    'a number as key',
    { ...aggregate, aggregate_key: 5 },
    /^aggregate_key must be .*: the name of a numeric field/,
  ],
  ['a field too many', { ...good, colour: 'red' }, /^colour is unknown\.$/],
  ['a long field', { ...good, ['x'.repeat(9_999)]: 1 }, /^x{64}… is unknown\.$/],
];

describe('a request to the live feed', () => {
  let database: TestDatabase;
  let server: TestServer;
  beforeAll(async () => {
    database = await TestDatabase.create();
    server = await TestServer.ready(database.url, { CACHE_UPDATE_INTERVAL_MS: '50' });
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  });

  it.each(MALFORMED)(
    'that is malformed gets an error with the reason, and uses no resources: %s',
    async (_, request, error) => {
      const client = await FeedClient.connect(server.ws);
      client.send(request);
      await waitUntil(() => client.errors.length === 1, { what: 'an error' });
      expect(client.errors[0]).toMatch(error);
      expect(client.errors[0]?.length).toBeLessThan(300);
      client.send(good);
      await client.settled();
      expect((await server.metric('tetcore_feed_subscriptions')).get('')).toBe(1);
      await client.close();
      await waitUntil(async () => (await server.metric('tetcore_feed_subscriptions')).get('') === 0, {
        what: 'its end',
      });
    },
  );

  it('must not be binary', async () => {
    const client = await FeedClient.connect(server.ws);
    client.socket.send(Buffer.from(JSON.stringify(good)));
    await waitUntil(() => client.errors.length === 1, { what: 'an error' });
    expect(client.errors[0]).toBe('A frame must be text: one JSON object.');
    await client.close();
  });

  it('can have empty optional fields', async () => {
    const node = await FakeNode.connect(server.ws);
    await node.sendConnected({ network_id: 'QmEmpty' });
    const client = await FeedClient.connect(server.ws);
    client.subscribe('QmEmpty', 'x.a', {
      aggregate_type: '',
      aggregate_interval: null,
      aggregate_key: null,
      start_time: '2020-01-01 00:00+05:30',
    });
    await node.sendV1({ msg: 'x.a', n: 1 });
    await client.has(1);
    expect(client.errors).toEqual([]);
    expect(client.rows).toMatchObject([{ n: 1 }]);
    client.send({ peer_id: 'QmEmpty', msg: 'x.a', interest: 'unsubscribe' });
    await client.settled();
    expect(client.errors).toEqual([]);
    await client.close();
    await node.close();
  });

  it('needs a WebSocket', async () => {
    const answer = await server.get('/feed');
    expect(answer.status).toBe(426);
    expect(await answer.json()).toMatchObject({ status: 426 });
  });
});
