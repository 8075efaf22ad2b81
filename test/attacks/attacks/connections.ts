import type { Socket } from 'node:net';
import { frame, upgradeRequest } from '../../support/raw-socket.js';
import type { Attack } from '../attack.js';
import { tcp, webSockets } from '../attacker-sockets.js';
import { endOf, repeat, until } from '../pace.js';

/** Keeps so many connections, each of which begins with a text and goes on with a piece each 200 ms. */
function drip(connections: number, start: (socket: Socket) => void, piece: string): Attack {
  return async (target) => {
    const end = endOf(target);
    const open: (Socket | undefined)[] = Array.from({ length: connections });
    let opened = 0;
    await repeat(end, 200, () => {
      for (let index = 0; index < connections; index += 1) {
        const socket = open[index];
        if (socket !== undefined && !socket.destroyed) {
          socket.write(piece);
          continue;
        }
        const next = tcp(target, index).resume();
        start(next);
        open[index] = next;
        opened += 1;
      }
    });
    for (const socket of open) socket?.destroy();
    return { opened };
  };
}

export const slowHeaders = drip(
  500,
  (socket) => socket.write('GET /nodes HTTP/1.1\r\nHost: x\r\nX-Slow: '),
  'x',
);

export const largeHeaders: Attack = async (target) => {
  const end = endOf(target);
  const request = `GET /nodes HTTP/1.1\r\nHost: x\r\nX-Large: ${'x'.repeat(20_000)}\r\n\r\n`;
  let sent = 0;
  await repeat(end, 20, (turn) => {
    for (let index = 0; index < 5; index += 1) {
      const socket = tcp(target, turn * 5 + index).resume();
      socket.write(request);
      setTimeout(() => socket.destroy(), 1_000);
      sent += 1;
    }
  });
  return { sent };
};

/** Bodies of which the larger part comes at once, and the rest byte by byte. */
export const drippingBodies = drip(
  200,
  (socket) => {
    socket.write(
      'POST /benchmarks HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 8000000\r\n\r\n',
    );
    socket.write(Buffer.alloc(2_000_000, ' '));
  },
  ' ',
);

/** Handshakes whose sockets are broken off at once. */
export const handshakes: Attack = async (target) => {
  const end = endOf(target);
  let sent = 0;
  await repeat(end, 20, (turn) => {
    for (let index = 0; index < 6; index += 1) {
      const socket = tcp(target, turn * 6 + index);
      socket.write(upgradeRequest('/'));
      socket.once('data', () => socket.resetAndDestroy());
      setTimeout(() => socket.destroy(), 2_000);
      sent += 1;
    }
  });
  return { sent };
};

/** WebSockets that say nothing more once they have said something. */
export const idleSockets: Attack = async (target) => {
  const end = endOf(target);
  const sockets = await webSockets(target, target.seconds >= 60 ? 10_000 : 2_500);
  for (const socket of sockets) socket.write(frame('{"msg":"test.idle"}'));
  await until(end);
  return { opened: sockets.length, open: sockets.filter(({ destroyed }) => !destroyed).length };
};

/** More sockets and connections than the server may have files open. */
export const tooManyFiles: Attack = async (target) => {
  const end = endOf(target);
  const sockets = await webSockets(target, 1_500);
  const idle = Array.from({ length: 300 }, (_, index) => tcp(target, index).resume());
  await until(end);
  for (const socket of idle) socket.destroy();
  return { opened: sockets.length, refused: 1_500 - sockets.length };
};
