import { Random } from '../../src/simulator/random/random.js';
import type { FakeNode } from '../support/fake-node.js';
import { oddFrames } from './odd-frames.js';

/** What the sender keeps in memory, at most: bytes. */
const BUFFERED = 8 * 1024 * 1024;

/** Frames that cost the one who reads them most for their size, and ordinary ones. None is larger than `maxBytes`. */
function costly(maxBytes: number): Buffer[] {
  const fill = (start: string, unit: string, end: string): Buffer => {
    const times = Math.floor((maxBytes - Buffer.byteLength(start + end)) / Buffer.byteLength(unit));
    return Buffer.from(start + unit.repeat(times) + end);
  };
  const text = (unit: string, end = '"}'): Buffer => fill('{"msg":"test.flood","text":"', unit, end);
  const list = (unit: string, last: string): Buffer =>
    fill('{"msg":"test.flood","list":[', `${unit},`, `${last}]}`);
  const keys = Array.from({ length: maxBytes / 16 }, (_, at) => `"k${at.toString()}":1`);
  return [
    ...['x', '😀', '\\u0001', '\\\\'].map((unit) => text(unit)),
    ...[list('0', '0'), list('{}', '{}'), list('"\\n"', '1'), list('1e131071', '1'), list('[]', '"\\ud800"')],
    fill('{"id":1,"x":{},"payload":{"msg":"test.flood","text":"', 'y', '"},"y":{"ts":1}}'),
    Buffer.from(`{"msg":"test.flood",${keys.join(',')}}`),
    fill('{"msg":"', 'm', '"}'),
    ...['[', '{"a":', '\0'].map((unit) => fill('', unit, '')),
    text('x', ''),
    fill('not JSON ', 'x', ''),
    Buffer.alloc(maxBytes, 0xff),
    Buffer.concat([fill('{"msg":"', 'x', '').subarray(0, -1), Buffer.from([0xc3])]),
  ];
}

/** As many bytes as are asked for, as fast as the server takes them. Gives the number of messages. */
export async function flood(node: FakeNode, bytes: number, maxBytes: number, seed: number): Promise<number> {
  const random = new Random('flood', seed);
  const large = costly(maxBytes);
  const small = oddFrames()
    .map((frame) => frame.bytes)
    .filter(({ length }) => length < 1_000);
  let [sent, count] = [0, 0];
  while (sent < bytes) {
    // Half of the bytes in large ones.
    const frames = random.chance(0.5)
      ? [random.pick(large)]
      : Array.from({ length: 1_000 }, () => random.pick(small));
    for (const frame of frames) {
      node.socket.send(frame, { binary: random.chance(0.5) });
      sent += frame.length;
      count += 1;
    }
    while (node.socket.bufferedAmount > BUFFERED) {
      if (!node.isOpen)
        throw new Error(`The server has closed the socket: ${JSON.stringify(await node.closed)}`);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
  return count;
}
