import { setTimeout as sleep } from 'node:timers/promises';
import { smallMessages } from '../support/messages.js';
import { worker } from '../support/worker.js';
import { connectNodes, framesOf, SMALL_ROUNDS } from './node-sockets.js';

export interface FloodInput {
  port: number;
  sockets: number;
  messages: number;
}

export interface FloodOutput {
  /** As many as were asked for, filled up to whole chunks, as many on each socket. */
  sent: number;
  /** When the first one was sent: milliseconds since the epoch. */
  startedAt: number;
  /** Until the last one was given to the system. */
  cpuSeconds: number;
}

/** So much may wait in a socket: enough for the system to be busy with. */
const WAITING_BYTES = 262_144;

/** All messages at once, as fast as the sockets take them. */
worker(async ({ port, sockets: count, messages }: FloodInput): Promise<FloodOutput> => {
  const sockets = await connectNodes(port, count);
  const chunk = framesOf(smallMessages, SMALL_ROUNDS);
  const perChunk = smallMessages.length * SMALL_ROUNDS;
  const chunksEach = Math.ceil(messages / perChunk / count);
  const cpuBefore = process.cpuUsage();
  const startedAt = Date.now();
  await Promise.all(
    sockets.map(async ({ raw }) => {
      for (let written = 0; written < chunksEach; written += 1) {
        raw.write(chunk);
        while (raw.writableLength > WAITING_BYTES) await sleep(1);
      }
      while (raw.writableLength > 0) await sleep(1);
    }),
  );
  const { user, system } = process.cpuUsage(cpuBefore);
  for (const { ws } of sockets) ws.close();
  return { sent: chunksEach * count * perChunk, startedAt, cpuSeconds: (user + system) / 1e6 };
});
