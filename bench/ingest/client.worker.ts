import { setTimeout as sleep } from 'node:timers/promises';
import * as ws from 'ws';
import { storedMessages } from '../support/bench-server.js';
import { cpuSeconds } from '../support/cpu.js';
import { frameText, networkStates, smallMessages } from '../support/messages.js';
import { worker } from '../support/worker.js';

export interface ClientInput {
  port: number;
  sockets: number;
  seconds: number;
  /** Messages a second; 0 for as many as the server stores. */
  rate: number;
  large: boolean;
  /** Messages that may be under way, sent and not stored. */
  window: number;
}

export interface ClientOutput {
  sent: number;
  bytes: number;
  /** Messages that were stored, and the seconds that it took. */
  stored: number;
  seconds: number;
  cpuSeconds: number;
}

/** ws exports it, and its types do not. */
const { Sender } = ws as unknown as { Sender: { frame(data: Buffer, options: object): Buffer[] } };

const WARM_UP_S = 1;
const OPEN_BINARY = { fin: true, opcode: 2, mask: true, readOnly: false, rsv1: false };

/** A text as a WebSocket frame, masked as a client must. Made once and sent often, so that the client costs little. */
function frame(text: string): Buffer {
  return Buffer.concat(Sender.frame(Buffer.from(text), OPEN_BINARY).map((part) => Buffer.from(part)));
}

worker(async (input: ClientInput): Promise<ClientOutput> => {
  const http = `http://127.0.0.1:${input.port.toString()}`;
  const before = await storedMessages(http);
  const sockets = await Promise.all(
    Array.from({ length: input.sockets }, (_, index) => connect(input.port, index)),
  );
  const kinds = input.large ? networkStates : smallMessages;
  const round = input.large ? 1 : Math.max(1, Math.floor(64 / kinds.length));
  const perChunk = kinds.length * round;
  let sent = 0;
  let bytes = 0;
  let stored = 0;
  let cpuBefore = cpuSeconds(process.pid);
  let startedAt = performance.now();
  let mark = 0;
  const elapsed = (): number => (performance.now() - startedAt) / 1000;

  const chunkOf = (): Buffer => {
    const ts = new Date().toISOString();
    return Buffer.concat(
      Array.from({ length: round }, () => kinds.map((kind, i) => frame(frameText(kind, i, ts)))).flat(),
    );
  };
  // A rate below the highest is for delays, which need the time of each sending; above, one chunk serves all.
  const shared = chunkOf();

  const polling = setInterval(() => {
    void storedMessages(http).then((total) => (stored = total - before - sockets.length));
  }, 250);
  // Counted from when the pipes are full.
  let warm = false;
  for (let turn = 0; elapsed() < input.seconds; turn += 1) {
    if (!warm && input.rate === 0 && elapsed() > WARM_UP_S) {
      warm = true;
      mark = (await storedMessages(http)) - before - sockets.length;
      cpuBefore = cpuSeconds(process.pid);
      startedAt = performance.now();
    }
    const due = input.rate > 0 ? elapsed() * input.rate : stored + input.window;
    let wrote = false;
    for (const ws of sockets) {
      if (sent + perChunk > due) break;
      if (ws.raw.writableLength > 262_144) continue;
      const chunk = input.rate > 0 ? chunkOf() : shared;
      ws.raw.write(chunk);
      sent += perChunk;
      bytes += chunk.length;
      wrote = true;
    }
    if (!wrote || turn % 8 === 0) await sleep(input.rate > 0 ? 5 : 1);
    else await new Promise((resolve) => setImmediate(resolve));
  }
  clearInterval(polling);
  const total = (await storedMessages(http)) - before - sockets.length;
  const seconds = elapsed();
  const cpu = cpuSeconds(process.pid) - cpuBefore;
  for (const { ws } of sockets) ws.close();
  return { sent, bytes, stored: total - mark, seconds, cpuSeconds: cpu };
});

interface Socket {
  ws: ws.WebSocket;
  raw: { write(data: Buffer): boolean; writableLength: number };
}

async function connect(port: number, index: number): Promise<Socket> {
  const socket = new ws.WebSocket(`ws://127.0.0.1:${port.toString()}/`, { perMessageDeflate: false });
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  socket.send(
    JSON.stringify({
      msg: 'system.connected',
      name: `bench-${index.toString()}`,
      chain: 'bench',
      network_id: `12D3KooWBench${index.toString()}`,
      ts: new Date().toISOString(),
    }),
  );
  return { ws: socket, raw: (socket as unknown as { _socket: Socket['raw'] })._socket };
}
