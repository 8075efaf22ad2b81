import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { FakeNode, HandshakeRefusedError } from './fake-node.js';
import { waitUntil, WaitTimeoutError } from './wait-until.js';

describe('FakeNode', () => {
  let http: Server;
  let server: WebSocketServer;
  let url: string;
  let messages: { text: string; isBinary: boolean }[];
  let pongs: number;

  beforeEach(async () => {
    messages = [];
    pongs = 0;
    http = createServer();
    server = new WebSocketServer({ server: http, path: '/' });
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    url = `ws://127.0.0.1:${(http.address() as AddressInfo).port}`;
    server.on('connection', (socket) => {
      socket.on('message', (data: Buffer, isBinary) => messages.push({ text: data.toString(), isBinary }));
      socket.on('pong', () => (pongs += 1));
    });
  });

  afterEach(async () => {
    for (const socket of server.clients) socket.terminate();
    server.close();
    await new Promise((resolve) => http.close(resolve));
  });

  const serverSocket = () => waitUntil(() => [...server.clients][0], { what: 'the socket of the server' });
  const received = (count: number) =>
    waitUntil(() => messages.length >= count && messages, { what: `${count} messages` });

  it('sends objects, texts and bytes, in one frame or in fragments', async () => {
    const node = await FakeNode.connect(url);
    await node.send({ id: 18_446_744_073_709_551_615n });
    await node.send('not JSON', { binary: false });
    await node.send(Buffer.from('größer'), { fragments: 8, binary: false });
    expect(await received(3)).toEqual([
      { text: '{"id":18446744073709551615}', isBinary: true },
      { text: 'not JSON', isBinary: false },
      { text: 'größer', isBinary: false },
    ]);
    expect(node.sentCount).toBe(3);
    expect(node.sent.every(({ written }) => written)).toBe(true);
    expect((await node.close()).code).toBe(1000);
  });

  it('sends both envelopes', async () => {
    const node = await FakeNode.connect(url);
    await node.sendConnected({ name: 'one' });
    await node.sendConnected({ name: 'two' }, 2);
    await node.sendV2(
      2,
      { msg: 'txpool.import', ready: 1, future: 0 },
      '2021-02-09T10:00:00.123456789+01:00',
    );
    const [flat, nested, last] = (await received(3)).map(
      ({ text }) => JSON.parse(text) as Record<string, unknown>,
    );
    expect(flat).toMatchObject({ msg: 'system.connected', name: 'one', startup_time: '1612861200000' });
    expect(nested).toMatchObject({ id: 2, payload: { msg: 'system.connected', name: 'two' } });
    expect(last).toMatchObject({ ts: '2021-02-09T10:00:00.123456789+01:00', payload: { ready: 1 } });
    await node.terminate();
  });

  it('records what it sent before the close frame of the server, and sends nothing after it', async () => {
    const node = await FakeNode.connect(url);
    await node.send('before');
    (await serverSocket()).close(1001, 'going away');
    expect(await node.closed).toMatchObject({ code: 1001, reason: 'going away' });
    await expect(node.send('after')).rejects.toThrow('not open');
    expect(node.sent.map(({ data }) => data)).toEqual(['before']);
    expect(node.refused).toBe(1);
  });

  it('ignores pings if requested', async () => {
    const pinged = async (node: FakeNode, socket: WebSocket) => {
      socket.ping();
      await waitUntil(() => node.pings === 1, { what: 'the ping' });
      // What the node sends next comes after the pong, if there is one.
      await node.send('next');
    };
    const silent = await FakeNode.connect(url, { autoPong: false });
    await pinged(silent, await serverSocket());
    await received(1);
    expect(pongs).toBe(0);
    await silent.close();
    await waitUntil(() => server.clients.size === 0, { what: 'the end of the first socket' });
    const polite = await FakeNode.connect(url);
    await pinged(polite, await serverSocket());
    await received(2);
    expect(pongs).toBe(1);
    await polite.close();
  });

  it('throws the status of a rejected handshake', async () => {
    const refusal = await FakeNode.connect(`${url}/elsewhere`).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(HandshakeRefusedError);
    expect(refusal).toMatchObject({ status: 400 });
    await expect(FakeNode.connect('ws://127.0.0.1:1')).rejects.toThrow('ECONNREFUSED');
  });
});

describe('waitUntil', () => {
  it('returns the result of the condition', async () => {
    let looks = 0;
    const condition = () => {
      looks += 1;
      if (looks < 3) throw new Error('not yet');
      return { looks };
    };
    expect(await waitUntil(condition, { what: 'three looks', everyMs: 1 })).toEqual({ looks: 3 });
  });

  it('throws with what it waited for, and with the last result', async () => {
    const waiting = waitUntil(() => 0, { what: 'rows in the table', timeoutMs: 20 });
    await expect(waiting).rejects.toThrow(WaitTimeoutError);
    await expect(waiting).rejects.toThrow('Waited 20 ms for rows in the table; last: 0.');
  });
});
