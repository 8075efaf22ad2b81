import { setTimeout as sleep } from 'node:timers/promises';
import { storedMessages } from '../support/bench-server.js';
import { cpuSeconds } from '../support/cpu.js';
import { networkStates, smallMessages } from '../support/messages.js';
import { worker } from '../support/worker.js';
import { connectNodes, framesOf, SMALL_ROUNDS } from './node-sockets.js';

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

const WARM_UP_S = 1;

worker(async (input: ClientInput): Promise<ClientOutput> => {
  const http = `http://127.0.0.1:${input.port.toString()}`;
  const before = await storedMessages(http);
  const sockets = await connectNodes(input.port, input.sockets);
  const kinds = input.large ? networkStates : smallMessages;
  const round = input.large ? 1 : SMALL_ROUNDS;
  const perChunk = kinds.length * round;
  let sent = 0;
  let bytes = 0;
  let stored = 0;
  let cpuBefore = cpuSeconds(process.pid);
  let startedAt = performance.now();
  let mark = 0;
  const elapsed = (): number => (performance.now() - startedAt) / 1000;

  // A rate below the highest is for delays, which need the time of each sending; above, one chunk serves all.
  const shared = framesOf(kinds, round);

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
      const chunk = input.rate > 0 ? framesOf(kinds, round) : shared;
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
