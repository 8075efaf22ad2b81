import type { HttpAdapterHost } from '@nestjs/core';
import { once } from 'node:events';
import type { RequestListener, ServerOptions, ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { Counter } from 'prom-client';
import { expect, it, onTestFinished, vi } from 'vitest';
import { readSettings, Settings } from '../config/index.js';
import { Lifecycle } from '../lifecycle/index.js';
import { SocketMemory, type SocketMemoryMetrics } from '../sockets/index.js';
import { boundedServer } from './bounded-server.js';
import { HttpConnections, HttpConnectionsMetrics } from './http-connections.js';

const REQUEST = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n';
const SAYS_CLOSE = /\r\nConnection: close\r\n/;

function socketMemory(): SocketMemory {
  const metrics = { limit: vi.fn(), held: vi.fn(), evicted: vi.fn() };
  return new SocketMemory(readSettings({}), metrics as unknown as SocketMemoryMetrics);
}

/** A server with a limit on connections, and a client with a keep-alive connection. */
async function start(
  listener: RequestListener,
  bounds: ServerOptions = {},
): Promise<{ lifecycle: Lifecycle; client: Socket; refusals: Counter }> {
  const lifecycle = new Lifecycle();
  lifecycle.run();
  const refusals = new Counter({ name: 'refused', help: 'x', labelNames: ['reason'], registers: [] });
  const server = boundedServer(listener, bounds);
  new HttpConnections(
    {} as HttpAdapterHost,
    new Settings(),
    lifecycle,
    new HttpConnectionsMetrics(refusals),
    socketMemory(),
  ).limit(server, 10);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  onTestFinished(() => {
    client.destroy();
    server.close();
  });
  return { lifecycle, client, refusals };
}

async function opened(socket: Socket): Promise<Socket> {
  if (socket.connecting) await once(socket, 'connect');
  return socket;
}

/** Responds when the test says so, in the order of the requests. */
class Responses {
  readonly open: ServerResponse[] = [];
  private wake: () => void = () => undefined;

  readonly listener: RequestListener = (_, response) => {
    this.open.push(response);
    this.wake();
  };

  async requested(count: number): Promise<ServerResponse[]> {
    while (this.open.length < count) await new Promise<void>((resolve) => (this.wake = resolve));
    return this.open;
  }
}

it('sends Connection: close with a response while the server drains', async () => {
  const { lifecycle, client } = await start((_, response) => response.writeHead(404).end('none'));
  lifecycle.drain();
  client.write(REQUEST);
  const received = await text(client);
  expect(received).toMatch(/^HTTP\/1\.1 404 /);
  expect(received).toMatch(SAYS_CLOSE);
});

it('sends Connection: close with a response to a request from before the drain', async () => {
  const responses = new Responses();
  const { lifecycle, client } = await start(responses.listener);
  client.write(REQUEST);
  const [response] = await responses.requested(1);
  lifecycle.drain();
  response?.end('late');
  const received = await text(client);
  expect(received).toMatch(SAYS_CLOSE);
  expect(received).toContain('late');
});

it('completes a response that began before the drain, and closes its connection', async () => {
  const responses = new Responses();
  const { lifecycle, client } = await start(responses.listener);
  client.write(REQUEST);
  const [response] = await responses.requested(1);
  response?.write('first,');
  await once(client, 'readable');
  lifecycle.drain();
  response?.end('last');
  const received = await text(client);
  expect(received).toContain('first,');
  expect(received).toContain('last');
});

it('sends Connection: close with the last of several responses only', async () => {
  const responses = new Responses();
  const { lifecycle, client } = await start(responses.listener);
  client.write(REQUEST + REQUEST);
  const [first, second] = await responses.requested(2);
  lifecycle.drain();
  first?.end('first');
  second?.end('second');
  const [one = '', two = ''] = (await text(client)).split(/(?=HTTP\/1\.1)/);
  expect(one).toContain('first');
  expect(one).not.toMatch(SAYS_CLOSE);
  expect(two).toContain('second');
  expect(two).toMatch(SAYS_CLOSE);
});

it('keeps connections alive while the server runs', async () => {
  const { client } = await start((_, response) => response.end('.'));
  client.write(REQUEST);
  const [chunk] = (await once(client, 'data')) as [Buffer];
  expect(chunk.toString()).toMatch(/\r\nConnection: keep-alive\r\n/);
});

it('rejects a slow body with 408, and counts it', async () => {
  const { client, refusals } = await start((request) => request.resume(), {
    requestTimeout: 300,
    headersTimeout: 300,
  });
  client.write('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n');
  const dripping = setInterval(() => client.write(' '), 20);
  client.on('error', () => undefined);
  try {
    expect(await text(client)).toMatch(/^HTTP\/1\.1 408 /);
  } finally {
    clearInterval(dripping);
  }
  expect((await refusals.get()).values).toEqual([{ labels: { reason: 'too_slow' }, value: 1 }]);
});

it('limits a request with its body to 30 s', () => {
  expect(boundedServer(() => undefined).requestTimeout).toBe(30_000);
});

it('evicts the connection that has been idle for longest at the limit', async () => {
  const { client, refusals } = await start((_, response) => response.end('received'));
  const { remotePort: port = 0 } = await opened(client);
  const open = async (): Promise<Socket> =>
    await opened(connect(port, '127.0.0.1').on('error', () => undefined));
  client.write(REQUEST);
  await once(client, 'data');
  // 10 at once: the first to go are those that are idle before the response was sent.
  const idle: Socket[] = [];
  for (let count = 0; count < 30; count += 1) idle.push(await open());
  const last = await open();
  last.write(REQUEST);
  const [received] = (await once(last, 'data')) as [Buffer];
  expect(received.toString()).toContain('received');
  const evicted = (await refusals.get()).values.find(({ labels }) => labels.reason === 'idle_evicted');
  expect(evicted?.value).toBeGreaterThanOrEqual(20);
  for (const socket of [...idle, last]) socket.destroy();
});

it('does not evict a connection with a pending request', async () => {
  const responses = new Responses();
  const { client } = await start(responses.listener);
  const { remotePort: port = 0 } = await opened(client);
  client.write(REQUEST);
  const [response] = await responses.requested(1);
  const idle: Socket[] = [];
  for (let count = 0; count < 30; count += 1) {
    idle.push(await opened(connect(port, '127.0.0.1').on('error', () => undefined)));
  }
  response?.end('late');
  const [received] = (await once(client, 'data')) as [Buffer];
  expect(received.toString()).toContain('late');
  for (const socket of idle) socket.destroy();
});

it('does not evict a connection whose next request is pending after a response', async () => {
  const responses = new Responses();
  const { client } = await start(responses.listener);
  const { remotePort: port = 0 } = await opened(client);
  client.write(REQUEST + REQUEST);
  const [first, second] = await responses.requested(2);
  first?.end('first');
  await once(client, 'data');
  const idle: Socket[] = [];
  for (let count = 0; count < 30; count += 1) {
    idle.push(await opened(connect(port, '127.0.0.1').on('error', () => undefined)));
  }
  second?.end('second');
  const [received] = (await once(client, 'data')) as [Buffer];
  expect(received.toString()).toContain('second');
  for (const socket of idle) socket.destroy();
});
