import { once } from 'node:events';
import { WebSocket } from 'ws';
import { worker } from '../support/worker.js';
import { GENESIS_HASH } from './chain.js';

export interface NodesInput {
  port: number;
  nodes: number;
  sockets: number;
}

/** Handshakes under way at the same time. */
const AT_ONCE = 50;
const HEIGHT = 21_400_123;

/**
 * Connects nodes of one chain, as many on a socket as are needed. Each says what a node of the Polkadot SDK says in
 * its first seconds. They stay until the worker is stopped.
 */
worker(async ({ port, nodes, sockets }: NodesInput): Promise<never> => {
  let next = 0;
  const open = async (): Promise<void> => {
    while (next < sockets) {
      const index = next++;
      const localAddress = `127.1.${Math.floor(index / 250).toString()}.${((index % 250) + 1).toString()}`;
      const socket = new WebSocket(`ws://127.0.0.1:${port.toString()}/submit`, {
        perMessageDeflate: false,
        localAddress,
      });
      await once(socket, 'open');
      for (let node = index; node < nodes; node += sockets) {
        for (const payload of reportsOf(node, node / nodes)) {
          const frame = { id: Math.floor(node / sockets) + 1, ts: new Date().toISOString(), payload };
          await new Promise((resolve) => {
            socket.send(JSON.stringify(frame), resolve);
          });
        }
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, open));
  process.send?.('sent');
  return await new Promise<never>(() => undefined);
});

/** Those that are last in the order of their numbers are a block behind. */
function reportsOf(node: number, place: number): Record<string, unknown>[] {
  const height = HEIGHT - Math.floor(4 * place);
  const finalized = { finalized_height: height - 3, finalized_hash: hash(height - 3) };
  return [
    {
      msg: 'system.connected',
      name: `node-${node.toString()}`,
      network_id: `12D3KooW${node.toString(36).padStart(44, '0')}`,
      chain: 'Polkadot',
      genesis_hash: GENESIS_HASH,
      version: '1.16.1-835e0767fe8',
      implementation: 'Parity Polkadot',
      authority: node % 7 === 0,
      startup_time: (1_767_323_045_678 + node).toString(),
      config: '',
    },
    { msg: 'block.import', best: hash(height - 1), height: height - 1, origin: 'NetworkBroadcast' },
    { msg: 'block.import', best: hash(height), height, origin: 'NetworkBroadcast' },
    { msg: 'notify.finalized', best: hash(height - 3), height: (height - 3).toString() },
    { msg: 'txpool.import', ready: 12, future: 0 },
    {
      msg: 'system.interval',
      best: hash(height),
      height,
      txcount: 12,
      ...finalized,
      used_state_cache_size: 0,
    },
    { msg: 'system.interval', peers: 40, bandwidth_upload: 18_400, bandwidth_download: 20_310 },
  ];
}

function hash(height: number): string {
  return `0x${height.toString(16).padStart(64, '0')}`;
}
