import type { Socket } from 'node:net';
import { frame } from '../../support/raw-socket.js';
import type { Attack, Target } from '../attack.js';
import { webSocket, webSockets } from '../attacker-sockets.js';
import { endOf, repeat } from '../pace.js';

const LARGE = 490_000;
const BYTE = Buffer.from('x');

/** Keeps so many sockets open, and does something with each that is new: an attacker comes again when it is closed. */
async function keepOpen(
  target: Target,
  sockets: number,
  begin: (socket: Socket, index: number) => void,
  again?: (socket: Socket) => void,
): Promise<Record<string, number>> {
  const end = endOf(target);
  const open = new Map<number, Socket>();
  let opened = 0;
  let refused = 0;
  await repeat(end, 100, async () => {
    const missing = Array.from({ length: sockets }, (_, index) => index).filter(
      (index) => open.get(index)?.destroyed !== false,
    );
    await Promise.all(
      missing.slice(0, 50).map(async (index) => {
        const socket = await webSocket(target, index);
        if (socket === undefined) {
          refused += 1;
          return;
        }
        opened += 1;
        open.set(index, socket);
        begin(socket, index);
      }),
    );
    for (const socket of open.values()) if (!socket.destroyed) again?.(socket);
  });
  return { opened, refused };
}

/** A large message, a byte at a time. */
export const slowFrames: Attack = (target) =>
  keepOpen(
    target,
    300,
    (socket) => socket.write(frame('{', { length: BigInt(LARGE) })),
    (socket) => socket.write(BYTE),
  );

/** A large message without its end, of which a byte comes now and then. */
export const unfinishedFrames: Attack = (target) =>
  keepOpen(target, 1_000, (socket) => {
    socket.write(frame(Buffer.alloc(LARGE - 1_000, ' '), { length: BigInt(LARGE) }));
    const drip = setInterval(() => socket.write(BYTE), 3_000);
    socket.once('close', () => clearInterval(drip));
  });

/** A message that goes on for ever, in pieces of a byte or in as many large ones as there may be, and pings. */
export const fragments: Attack = (target) => {
  const small = Buffer.concat([
    frame('{', { fin: false }),
    ...Array.from({ length: 15_900 }, () => frame(' ', { opcode: 0, fin: false })),
  ]);
  const large = Buffer.concat([
    frame('{', { fin: false }),
    ...Array.from({ length: 60 }, () => frame(Buffer.alloc(8_000, ' '), { opcode: 0, fin: false })),
  ]);
  const ping = frame('', { opcode: 9 });
  return keepOpen(
    target,
    600,
    (socket, index) => socket.write(index % 2 === 0 ? small : large),
    (socket) => socket.write(ping),
  );
};

/** Greetings with a small part that is kept, in a large message that must not be. */
export const pinnedIdentities: Attack = async (target) => {
  const end = endOf(target);
  const PER_SECOND = 40;
  const IDS = 20;
  const frames = Math.min(60 * IDS, Math.floor(0.8 * target.seconds * PER_SECOND));
  const sockets = await webSockets(target, Math.ceil(frames / IDS));
  let sent = 0;
  await repeat(end, 1000 / PER_SECOND, async (turn) => {
    const socket = sockets[Math.floor(turn / IDS)];
    if (socket === undefined || turn >= frames) return;
    const payload = {
      msg: 'system.connected',
      network_id: `12D3Pinned${turn.toString()}`.padEnd(52, 'x'),
      chain: 'Pinned',
      name: `pinned-${turn.toString()}`,
      sysinfo: { cpu: 'x'.repeat(200), memory: turn },
      filler: 'y'.repeat(LARGE),
    };
    sent += 1;
    const message = frame(JSON.stringify({ id: 1 + (turn % IDS), payload }));
    await new Promise((resolve) => socket.write(message, resolve));
  });
  return { sockets: sockets.length, sent, open: sockets.filter(({ destroyed }) => !destroyed).length };
};
