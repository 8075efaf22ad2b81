import { describe, expect, it } from 'vitest';
import { TestDatabase } from '../support/databases.js';
import { FakeNode } from '../support/fake-node.js';
import { TestServer } from '../support/test-server.js';
import { waitUntil } from '../support/wait-until.js';

describe('the ids of a socket', () => {
  it('are the twenty used last; others are evicted up to a rate, and messages above it are counted', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url);
    const opened = performance.now();
    const node = await FakeNode.connect(server.ws);
    const say = (id: number): Promise<void> =>
      node.sendConnected({ network_id: `QmId${id.toString()}`, name: id.toString() }, id);
    const counted = async (): Promise<Record<string, number>> =>
      Object.fromEntries(await server.metric('tetcore_messages_total'));
    const settled = (messages: number): Promise<unknown> =>
      waitUntil(
        async () => Object.values(await counted()).reduce((sum, count) => sum + count, 0) === messages,
        { what: `outcomes of ${messages.toString()} messages` },
      );
    const rows = async (open: boolean): Promise<number[]> =>
      (
        await database.query<{ id: string }>(
          `SELECT envelope_id AS id FROM peer_connections
            WHERE end_reason IS NOT DISTINCT FROM $1 AND (end_code IS NULL) ORDER BY envelope_id`,
          [open ? null : 'id_evicted'],
        )
      ).map(({ id }) => Number(id));
    const range = (from: number, to: number): number[] =>
      Array.from({ length: to - from + 1 }, (_, at) => from + at);

    for (const id of range(1, 60)) await say(id);
    await settled(60);
    expect(await rows(true)).toEqual(range(41, 60));
    expect(await rows(false)).toEqual(range(1, 40));
    // The first of those that are left, so that the next to go is another one.
    await say(41);
    await say(61);
    await settled(62);
    expect(await rows(true)).toEqual([41, ...range(43, 61)]);
    expect(Object.fromEntries(await server.metric('tetcore_connections_replaced_total'))).toEqual({
      'reason="id_evicted"': 41,
    });
    expect((await server.metric('tetcore_connections')).get('')).toBe(20);

    const more = range(62, 361);
    for (const id of more) await say(id);
    await settled(62 + more.length);
    const dropped = (await counted())['path="/",outcome="dropped"'] ?? 0;
    const evicted = (await rows(false)).length;
    expect(evicted).toBe(41 + more.length - dropped);
    // Sixty at once, and one for each second since the socket was opened.
    expect(evicted).toBeGreaterThanOrEqual(60);
    expect(evicted).toBeLessThanOrEqual(60 + Math.ceil((performance.now() - opened) / 1000));
    expect(dropped).toBeGreaterThan(0);
    expect((await rows(true)).length).toBe(20);
    await node.close();
  });
});

describe('the round-trip time', () => {
  it('is the shortest of the last pongs, and an unsolicited pong does not count', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, { HEARTBEAT_INTERVAL: '1' });
    const opened = performance.now();
    const node = await FakeNode.connect(server.ws, { autoPong: false });
    let delay = 300;
    node.socket.on('ping', (data: Buffer) => {
      const at = performance.now();
      // At once, but not with what the ping holds.
      node.socket.pong(Buffer.from('x'));
      const answer = (): void => {
        // A timer may be early by a part of a millisecond.
        if (performance.now() - at < delay) setTimeout(answer, 10);
        else if (node.isOpen) node.socket.pong(data);
      };
      answer();
    });
    node.socket.pong(Buffer.from('1'));
    let greetings = 0;
    /** Each greeting has another name, so that the row is written with it. */
    const rtt = async (): Promise<number | null> => {
      greetings += 1;
      const name = greetings.toString();
      await node.sendConnected({ network_id: 'QmFar', name });
      const row = await waitUntil(
        async () =>
          (
            await database.query<{ rtt_us: number | null }>(
              'SELECT rtt_us FROM peer_connections WHERE name = $1',
              [name],
            )
          )[0],
        { what: 'the row of the connection' },
      );
      return row.rtt_us;
    };
    const far = await waitUntil(async () => (await rtt()) ?? undefined, {
      what: 'the first round trip',
      timeoutMs: 20_000,
    });
    expect(far).toBeGreaterThanOrEqual(300_000);
    expect(far).toBeLessThanOrEqual((performance.now() - opened) * 1000);
    delay = 120;
    const nearer = await waitUntil(
      async () => {
        const now = await rtt();
        return now !== null && now < 300_000 ? now : undefined;
      },
      { what: 'a shorter round trip', timeoutMs: 20_000 },
    );
    expect(nearer).toBeGreaterThanOrEqual(120_000);
    await node.close();
  });
});
