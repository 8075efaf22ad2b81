import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { worker } from '../support/worker.js';

export interface IdleInput {
  port: number;
  nodes: number;
  /** How long all of them stay. */
  seconds: number;
}

export interface IdleOutput {
  /** Until the last was open. */
  openSeconds: number;
  stillOpen: number;
  pings: number;
}

/** Handshakes under way at the same time. */
const AT_ONCE = 200;

worker(async ({ port, nodes, seconds }: IdleInput): Promise<IdleOutput> => {
  const sockets: WebSocket[] = [];
  let pings = 0;
  let next = 0;
  const startedAt = performance.now();
  const open = async (): Promise<void> => {
    while (next < nodes) {
      const index = next++;
      const socket = new WebSocket(`ws://127.0.0.1:${port.toString()}/`, { perMessageDeflate: false });
      await new Promise((resolve, reject) => {
        socket.once('open', resolve);
        socket.once('error', reject);
      });
      socket.on('error', () => undefined);
      socket.on('ping', () => (pings += 1));
      const connected = {
        msg: 'system.connected',
        name: `idle-${index.toString()}`,
        network_id: `12D3Idle${index.toString()}`,
      };
      socket.send(JSON.stringify({ ...connected, chain: 'bench', ts: new Date().toISOString() }));
      sockets.push(socket);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, open));
  const openSeconds = (performance.now() - startedAt) / 1000;
  process.send?.('open');
  await sleep(seconds * 1000);
  const stillOpen = sockets.filter((socket) => socket.readyState === WebSocket.OPEN).length;
  for (const socket of sockets) socket.terminate();
  return { openSeconds, stillOpen, pings };
});
