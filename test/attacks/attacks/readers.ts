import type { Socket } from 'node:net';
import { frame } from '../../support/raw-socket.js';
import type { Attack, Target } from '../attack.js';
import { tcp, webSocket, webSockets } from '../attacker-sockets.js';
import { endOf, repeat, until } from '../pace.js';

function get(target: Target, index: number, path: string): Socket {
  const socket = tcp(target, index);
  socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`);
  return socket;
}

function logsOf({ victims }: Target, index: number, more: string): string {
  return `/nodes/logs?peer_id=${victims[index % victims.length] ?? ''}&${more}`;
}

/** Addresses of those that do not read. Two of them can have all places of streams. */
const FEW = 3;
/** As long as a server waits for a client, nearly: milliseconds. */
const AGAIN_MS = 28_000;

/**
 * Requests with long answers of a few addresses: pages that are held in memory, and streams, of which nothing is read,
 * or as little as a server bears.
 */
export const clientsThatDoNotRead: Attack = async (target) => {
  const end = endOf(target);
  const sockets: Socket[] = [];
  const ask = (index: number, more: string): Socket => {
    const peer = target.large[index % target.large.length] ?? '';
    const socket = get(target, index % FEW, `/nodes/logs?peer_id=${peer}&${more}`).pause();
    sockets.push(socket);
    return socket;
  };
  const pages = repeat(end, AGAIN_MS / 4, () => {
    for (let index = 0; index < 18; index += 1) ask(index, 'limit=1900');
  });
  const streams = repeat(end, Math.min(AGAIN_MS, (target.seconds * 1000) / 3), (turn) => {
    for (let index = 0; index < 10; index += 1) {
      const socket = ask(index, index % 2 === 0 ? 'limit=3000' : 'format=ndjson');
      if (turn % 2 === 0) continue;
      const sips = setInterval(() => void socket.read(), 1_000);
      socket.once('close', () => clearInterval(sips));
    }
  });
  await Promise.all([pages, streams]);
  for (const socket of sockets) socket.destroy();
  return { requests: sockets.length };
};

/** Long queries side by side, whose responses are read. */
export const wideQueries: Attack = async (target) => {
  const end = endOf(target);
  let requests = 0;
  let bytes = 0;
  const paths = (turn: number): string[] => [
    logsOf(target, turn, 'limit=10000'),
    logsOf(target, turn, 'format=ndjson'),
    logsOf(target, turn, 'format=csv&order=asc'),
    '/nodes?limit=10000',
    '/network',
    '/reputation?max_age_s=86400&limit=10000',
    '/reputation/logged?max_age_s=86400&limit=10000',
    `/nodes/peer_counts?peer_id=${target.victims[turn % target.victims.length] ?? ''}&limit=10000`,
  ];
  const ask = (lane: number): Promise<void> =>
    repeat(end, 20, async (turn) => {
      const all = paths(turn);
      const socket = get(target, lane, all[(lane + turn) % all.length] ?? '/');
      requests += 1;
      socket.on('data', (data) => (bytes += data.length));
      await Promise.race([new Promise((resolve) => socket.once('close', resolve)), until(end)]);
      socket.destroy();
    });
  await Promise.all(Array.from({ length: 16 }, (_, lane) => ask(lane)));
  return { requests, bytes };
};

const subscribe = (peerId: string, msg: string): Buffer => {
  const start_time = new Date(Date.now() - 3_600_000).toISOString().slice(0, 19);
  return frame(JSON.stringify({ interest: 'subscribe', peer_id: peerId, msg, start_time }), { opcode: 1 });
};

/** Sockets of the feed that come, subscribe and go, beside some that read nothing. */
export const feedChurn: Attack = async (target) => {
  const end = endOf(target);
  const deaf = await webSockets(target, 50, '/feed');
  for (const socket of deaf) {
    socket.pause();
    for (const victim of target.victims) socket.write(subscribe(victim, 'test.delivery'));
  }
  let churned = 0;
  await repeat(end, 30, async (turn) => {
    const socket = await webSocket(target, turn, '/feed');
    if (socket === undefined) return;
    churned += 1;
    socket.write(subscribe('*', turn % 2 === 0 ? 'test.delivery' : 'block.import'));
    socket.write(frame(JSON.stringify({ interest: 'subscribe', network: 'Delivery' }), { opcode: 1 }));
    setTimeout(() => socket.destroy(), 200);
  });
  return { deaf: deaf.length, churned };
};
