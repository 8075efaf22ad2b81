import * as ws from 'ws';
import { frameText, type Payload, smallMessages } from '../support/messages.js';

/** How often a chunk has each of the small messages: some 64 frames are large enough for one write. */
export const SMALL_ROUNDS = Math.max(1, Math.floor(64 / smallMessages.length));

/** ws exports it, and its types do not. */
const { Sender } = ws as unknown as { Sender: { frame(data: Buffer, options: object): Buffer[] } };

const OPEN_BINARY = { fin: true, opcode: 2, mask: true, readOnly: false, rsv1: false };

/** The socket of a node that has said who it is. */
export interface NodeSocket {
  ws: ws.WebSocket;
  /** Takes frames that are made already. */
  raw: {
    write(data: Buffer): boolean;
    writableLength: number;
    once(event: 'drain', listener: () => void): unknown;
  };
}

/** Messages as masked frames, one of each kind in turn, `rounds` times; all of this moment. */
export function framesOf(kinds: readonly Payload[], rounds: number): Buffer {
  const ts = new Date().toISOString();
  return Buffer.concat(
    Array.from({ length: rounds }, () => kinds.map((kind, i) => frame(frameText(kind, i, ts)))).flat(),
  );
}

export function connectNodes(port: number, count: number): Promise<NodeSocket[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => connect(port, index)));
}

/** A text as a WebSocket frame, masked as a client must. Made once and sent often, so that the client costs little. */
function frame(text: string): Buffer {
  return Buffer.concat(Sender.frame(Buffer.from(text), OPEN_BINARY).map((part) => Buffer.from(part)));
}

async function connect(port: number, index: number): Promise<NodeSocket> {
  const socket = new ws.WebSocket(`ws://127.0.0.1:${port.toString()}/`, { perMessageDeflate: false });
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  socket.send(
    JSON.stringify({
      msg: 'system.connected',
      name: `bench-${index.toString()}`,
      chain: 'bench',
      network_id: `12D3KooWBench${index.toString()}`,
      ts: new Date().toISOString(),
    }),
  );
  return { ws: socket, raw: (socket as unknown as { _socket: NodeSocket['raw'] })._socket };
}
