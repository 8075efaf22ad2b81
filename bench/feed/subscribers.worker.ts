import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { worker } from '../support/worker.js';

export interface SubscribersInput {
  port: number;
  msg: string;
  /** For each subscriber the peers that it subscribes to. */
  peers: string[][];
  /** Messages that each of these peers will send. */
  ofEachPeer: number;
  /** What is not there after this is missing. */
  limitSeconds: number;
}

export interface SubscribersOutput {
  /** From a node's send to a subscriber's receipt: milliseconds. */
  p50: number;
  p99: number;
  max: number;
  received: number;
  twice: number;
  missing: number;
}

interface Row {
  number: number;
  at: number;
}

worker(
  async ({ port, msg, peers, ofEachPeer, limitSeconds }: SubscribersInput): Promise<SubscribersOutput> => {
    const latencies: number[] = [];
    let twice = 0;
    const sockets = await Promise.all(
      peers.map(async (ofOne) => {
        const seen = new Set<string>();
        const socket = new WebSocket(`ws://127.0.0.1:${port.toString()}/feed`, { perMessageDeflate: false });
        socket.on('message', (data: Buffer) => {
          const now = Date.now();
          const frame = JSON.parse(data.toString()) as { peer_message: { peer_id: string }; data: Row[] };
          for (const { number, at } of frame.data) {
            const key = `${frame.peer_message.peer_id} ${number.toString()}`;
            if (seen.has(key)) twice += 1;
            seen.add(key);
            latencies.push(now - at);
          }
        });
        await new Promise((resolve, reject) => {
          socket.once('open', resolve);
          socket.once('error', reject);
        });
        const start_time = new Date().toISOString();
        for (const peer_id of ofOne) {
          socket.send(JSON.stringify({ peer_id, msg, interest: 'subscribe', start_time }));
        }
        return socket;
      }),
    );
    process.send?.('subscribed');
    const expected = peers.reduce((sum, ofOne) => sum + ofOne.length * ofEachPeer, 0);
    const until = performance.now() + limitSeconds * 1000;
    while (latencies.length < expected && performance.now() < until) await sleep(100);
    // What comes a second time comes with the next updates.
    await sleep(3_000);
    for (const socket of sockets) socket.close();
    latencies.sort((left, right) => left - right);
    const at = (part: number): number => latencies[Math.floor(part * (latencies.length - 1))] ?? NaN;
    return {
      p50: at(0.5),
      p99: at(0.99),
      max: at(1),
      received: latencies.length,
      twice,
      missing: expected - (latencies.length - twice),
    };
  },
);
