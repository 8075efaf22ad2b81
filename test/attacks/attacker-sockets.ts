import { connect, type Socket } from 'node:net';
import { frame, upgradeRequest } from '../support/raw-socket.js';
import { attackerAddress, type Target } from './attack.js';

/** Handshakes under way at the same time. */
const AT_ONCE = 100;
const HANDSHAKE_MS = 10_000;
/** Shorter than the time after which a server closes a silent socket: milliseconds. */
const PING_MS = 3_000;

/** A TCP connection of an attacker, which reads nothing unless told to. */
export function tcp({ port }: Target, index: number): Socket {
  const socket = connect({ host: '127.0.0.1', port, localAddress: attackerAddress(index) });
  return socket.setNoDelay(true).on('error', () => socket.destroy());
}

/** Opens a WebSocket by hand; undefined where it is refused. What the server sends then is read and dropped. */
export async function webSocket(target: Target, index: number, path = '/'): Promise<Socket | undefined> {
  const socket = tcp(target, index);
  socket.write(upgradeRequest(path));
  const first = await new Promise<string>((resolve) => {
    socket.once('data', (data) => resolve(data.toString('latin1')));
    socket.once('close', () => resolve(''));
    socket.setTimeout(HANDSHAKE_MS, () => resolve(''));
  });
  socket.setTimeout(0);
  if (first.startsWith('HTTP/1.1 101 ')) return socket.resume();
  socket.destroy();
  return undefined;
}

/** Opens many in parallel, and pings on each so that the server keeps it. Without those that are refused. */
export async function webSockets(target: Target, count: number, path = '/'): Promise<Socket[]> {
  const opened: Socket[] = [];
  let next = 0;
  const open = async (): Promise<void> => {
    while (next < count) {
      const socket = await webSocket(target, next++, path);
      if (socket === undefined) continue;
      opened.push(socket);
      const pings = setInterval(() => socket.write(frame('', { opcode: 9 })), PING_MS);
      socket.once('close', () => clearInterval(pings));
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, count) }, open));
  return opened;
}
