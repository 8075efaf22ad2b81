import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { worker } from '../support/worker.js';
import { MESSAGE, peerName } from './cast.js';

export interface NodesInput {
  port: number;
  nodes: number;
  /** Messages a second of each. */
  rate: number;
  seconds: number;
}

const FILLER = 'x'.repeat(200);

worker(async ({ port, nodes, rate, seconds }: NodesInput): Promise<{ sent: number }> => {
  const sockets = await Promise.all(
    Array.from({ length: nodes }, (_, index) => connect(port, peerName(index))),
  );
  const startedAt = performance.now();
  let sent = 0;
  // Node by node, spread evenly over the time.
  const count = nodes * rate * seconds;
  while (sent < count) {
    const due = Math.min(count, Math.floor(((performance.now() - startedAt) / 1000) * nodes * rate));
    for (; sent < due; sent += 1) {
      const at = Date.now();
      const number = Math.floor(sent / nodes);
      sockets[sent % nodes]?.send(
        JSON.stringify({
          msg: MESSAGE,
          ts: new Date(at).toISOString(),
          level: 'INFO',
          number,
          at,
          filler: FILLER,
        }),
      );
    }
    await sleep(2);
  }
  await sleep(1_000);
  for (const socket of sockets) socket.close();
  return { sent };
});

async function connect(port: number, peerId: string): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port.toString()}`, { perMessageDeflate: false });
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  socket.send(
    JSON.stringify({
      msg: 'system.connected',
      ts: new Date().toISOString(),
      level: 'INFO',
      name: peerId,
      chain: 'Bench',
      implementation: 'bench',
      version: '1',
      network_id: peerId,
    }),
  );
  return socket;
}
