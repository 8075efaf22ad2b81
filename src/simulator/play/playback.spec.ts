import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { Random } from '../random/random.js';
import { totalsText } from '../run-simulator.js';
import { readScenario } from '../scenarios/scenario.js';
import { SimulatedNetwork } from '../world/network.js';
import { Playback } from './playback.js';
import { SocketClient } from './socket-client.js';
import { UnreachableError } from './socket-sink.js';

const startAt = Date.UTC(2021, 1, 9, 9);
const population = { nodes: 8, seed: 3, audit: 0.2, startAt };
const speed = 200;

interface Frame {
  socket: WebSocket;
  path: string;
  text: string;
  isBinary: boolean;
}

describe('playing a network to a server', () => {
  let server: WebSocketServer;
  let url: string;
  let frames: Frame[];
  let closeCodes: number[];

  beforeEach(async () => {
    frames = [];
    closeCodes = [];
    server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
    await once(server, 'listening');
    url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('connection', (socket, request) => {
      socket.on('message', (data: Buffer, isBinary) => {
        frames.push({ socket, path: request.url ?? '', text: data.toString(), isBinary });
      });
      socket.on('close', (code) => closeCodes.push(code));
    });
  });

  afterEach(async () => {
    for (const socket of server.clients) socket.terminate();
    await new Promise((resolve) => server.close(resolve));
  });

  it('sends every message to the path of its host in order, and closes with 1000', async () => {
    const network = new SimulatedNetwork(population);
    const endAt = startAt + 60_000;
    const playback = new Playback(network, { url, speed, seed: 3, endAt });
    await playback.run();

    const expected = new Map(network.hosts.map((host) => [host.index, [] as string[]]));
    for (const { at, node, text } of new SimulatedNetwork(population).messages()) {
      if (at >= endAt) break;
      expected.get(node.host)?.push(text);
    }
    const sockets = new Map<WebSocket, Frame[]>();
    for (const frame of frames) sockets.set(frame.socket, [...(sockets.get(frame.socket) ?? []), frame]);
    const received = [...sockets.values()].map((ofSocket) => ofSocket.map(({ text }) => text).join('\n'));
    expect(received.sort()).toEqual([...expected.values()].map((said) => said.join('\n')).sort());

    const paths = [...sockets.values()].map(([first]) => first?.path);
    expect(paths.sort()).toEqual(network.hosts.map(({ path }) => path).sort());
    expect(new Set(frames.map(({ isBinary }) => isBinary))).toEqual(new Set([true, false]));
    expect(closeCodes).toEqual(network.hosts.map(() => 1000));
    const sent = frames.length;
    const totals = playback.totals();
    expect(totals).toMatchObject({ sent, acknowledged: sent, missed: 0, lost: 0, connectedNodes: 0 });
    expect(totalsText(totals, '1.0')).toContain(
      `${sent} messages sent in 1.0 s: ${sent} acknowledged by the server, 0 not acknowledged;`,
    );
  });

  it('does not count as acknowledged what the server may not have read', async () => {
    const network = new SimulatedNetwork(population);
    const [host] = network.hosts;
    const [node] = host?.nodes ?? [];
    if (host === undefined || node === undefined) return;
    const options = {
      url,
      host,
      speed: 1_000,
      patient: false,
      random: new Random(1, 'test'),
      now: () => startAt,
    };
    const client = new SocketClient(options);
    const connected = async (): Promise<WebSocket> => (await once(server, 'connection'))[0] as WebSocket;
    const first = connected();
    client.connect();
    await client.deliver(node, '{"msg":"one"}');
    await client.deliver(node, '{"msg":"two"}');
    const socket = await first;
    await expect.poll(() => frames.length).toBe(2);
    client.ping();
    await expect.poll(() => client.acknowledged).toBe(2);
    await client.deliver(node, '{"msg":"three"}');
    await expect.poll(() => frames.length).toBe(3);
    const again = connected();
    socket.terminate();
    await again;
    // It introduces itself again.
    await expect.poll(() => frames.length).toBe(4);
    expect([client.sent, client.acknowledged, client.lost]).toEqual([4, 2, 1]);
    await client.close();
    expect([client.sent, client.acknowledged, client.lost]).toEqual([4, 3, 1]);
  });

  it('reconnects after a connection loss, and sends system.connected of each node first', async () => {
    const network = new SimulatedNetwork(population);
    const stop = new AbortController();
    const playback = new Playback(network, { url, speed, seed: 3, signal: stop.signal });
    const sharedHost = network.hosts.find((host) => host.nodes.length === 2);
    const names = sharedHost?.nodes.map(({ profile }) => profile.name) ?? [];
    const isShared = ({ text }: Frame) => names.some((name) => text.includes(`"name":"${name}"`));

    let dropped: WebSocket | undefined;
    const back = new Promise<WebSocket>((resolve) => {
      server.on('connection', (socket) => {
        socket.on('message', () => {
          const hello = frames.filter((frame) => frame.socket === socket).filter(isShared);
          if (hello.length < names.length) return;
          if (dropped === undefined) {
            dropped = socket;
            socket.terminate();
          } else if (socket !== dropped) resolve(socket);
        });
      });
    });
    const running = playback.run();
    const again = await back;
    stop.abort();
    await running;

    const first = frames.filter(({ socket }) => socket === again).slice(0, 2);
    for (const name of names)
      expect(first.filter(({ text }) => text.includes(`"name":"${name}"`))).toHaveLength(1);
    for (const { text } of first) expect(text).toContain('"msg":"system.connected"');
    const { opened, lost, missed } = playback.totals();
    expect(lost).toBe(1);
    expect(opened).toBeGreaterThanOrEqual(2);
    expect(missed).toBeGreaterThan(0);
  });

  it('drops nothing with a slow server in fast mode', async () => {
    server.on('connection', (socket) => {
      socket.pause();
      setTimeout(() => socket.resume(), 50);
    });
    const options = { nodes: 6, seed: 3, startAt };
    const endAt = startAt + 1_200_000;
    const playback = new Playback(new SimulatedNetwork(options), { url, speed: Infinity, seed: 3, endAt });
    await playback.run();

    const expected: string[] = [];
    for (const { at, text } of new SimulatedNetwork(options).messages()) {
      if (at >= endAt) break;
      expected.push(text);
    }
    expect(expected.length).toBeGreaterThan(5_000);
    expect(frames.map(({ text }) => text).sort()).toEqual(expected.sort());
    expect(playback.totals()).toMatchObject({ sent: expected.length, missed: 0, lost: 0 });
  });

  it('opens and closes sockets as the hosts of the network', async () => {
    const scenario = readScenario({
      nodes: 3,
      reconnecting: { share: 1, everyMinutes: 2, awaySeconds: [5, 10] },
    });
    const network = () => new SimulatedNetwork({ scenario, seed: 3, startAt });
    const endAt = startAt + 1_800_000;
    let connections = 0;
    for (const { at, kind } of network().events()) {
      if (at >= endAt) break;
      connections += kind === 'connected' ? 1 : 0;
    }
    const playback = new Playback(network(), { url, speed: Infinity, seed: 3, endAt });
    await playback.run();
    expect(connections).toBeGreaterThan(10);
    expect(playback.totals()).toMatchObject({ opened: connections, lost: 0, missed: 0, sent: frames.length });
    expect(closeCodes).toEqual(Array.from({ length: connections }, () => 1000));
  });

  it('reports an unreachable server', async () => {
    await new Promise((resolve) => server.close(resolve));
    const playback = new Playback(new SimulatedNetwork(population), { url, speed, seed: 3 });
    await expect(playback.run()).rejects.toThrow(UnreachableError);
    await expect(
      new Playback(new SimulatedNetwork(population), { url, speed, seed: 3 }).run(),
    ).rejects.toThrow('ECONNREFUSED');
  });
});
