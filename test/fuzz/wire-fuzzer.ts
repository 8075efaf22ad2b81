import type { Random } from '../../src/simulator/random/random.js';
import { MAX_FRAGMENTS } from '../../src/platform/sockets/index.js';
import { frame, type FrameOptions } from '../support/raw-socket.js';

const [TEXT, BINARY, CLOSE, PING, PONG] = [1, 2, 8, 9, 10];

/** A frame with a mask at random. */
export function masked(payload: string | Buffer, options: FrameOptions, random: Random): Buffer {
  const bytes = frame(payload, options);
  const body = bytes.subarray(bytes.length - Buffer.byteLength(payload));
  const mask = bytes.subarray(body.byteOffset - bytes.byteOffset - 4, body.byteOffset - bytes.byteOffset);
  mask.writeUInt32BE(random.bits32());
  for (let at = 0; at < body.length; at += 1) body[at] = (body[at] ?? 0) ^ (mask[at % 4] ?? 0);
  return bytes;
}

/** A message as a client may send it: text or binary, whole or in pieces, which may be empty and have pings between. */
export function messageBytes(payload: string | Buffer, random: Random): Buffer {
  const opcode = random.pick([TEXT, BINARY]);
  if (random.chance(0.7)) return masked(payload, { opcode }, random);
  const rest = Buffer.from(payload);
  const pieces = random.between(2, 6);
  const cuts = Array.from({ length: pieces - 1 }, () => random.between(0, rest.length)).sort((a, b) => a - b);
  return Buffer.concat(
    [0, ...cuts].flatMap((from, index) => [
      ...(index > 0 && random.chance(0.4) ? [control(random)] : []),
      masked(
        rest.subarray(from, cuts[index] ?? rest.length),
        { opcode: index === 0 ? opcode : 0, fin: index === pieces - 1 },
        random,
      ),
    ]),
  );
}

/** What may come at any time, and means nothing. */
export function control(random: Random): Buffer {
  return masked('p'.repeat(random.pick([0, 1, 4, 125])), { opcode: random.pick([PING, PONG]) }, random);
}

/** What ends a socket, for which the server is to blame nobody but the client. */
export function violation(random: Random, maxPayload: number): Buffer {
  const some = '{"msg":"test.violation"}';
  const large = Buffer.alloc(maxPayload + random.pick([1, 1, 1000]), 0x20);
  const half = Buffer.alloc(maxPayload / 2 + 1, 0x20);
  const code = (value: number): Buffer => Buffer.from([value >> 8, value & 255]);
  return random.pick<() => Buffer>([
    () => masked(large, {}, random),
    () => Buffer.concat([masked(half, { fin: false }, random), masked(half, { opcode: 0 }, random)]),
    () => masked(some, { length: BigInt(maxPayload) + 1n }, random),
    () => masked(some, { length: 1n << BigInt(random.between(40, 62)) }, random),
    () => masked(some, { length: (1n << 63n) + BigInt(random.bits32()) }, random),
    () => masked(some, { rsv1: true }, random),
    () => withFirstByte(masked(some, {}, random), 0x80 | random.pick([0x10, 0x20, 0x30, 0x70]) | BINARY),
    () => frame(some, { masked: false }),
    () => masked(some, { opcode: random.pick([3, 4, 5, 6, 7, 11, 12, 13, 14, 15]) }, random),
    () => masked(some, { opcode: 0 }, random),
    () => Buffer.concat([masked('{', { fin: false }, random), masked('}', {}, random)]),
    () => masked('x'.repeat(random.between(126, 300)), { opcode: random.pick([CLOSE, PING, PONG]) }, random),
    () => masked('x', { opcode: random.pick([CLOSE, PING, PONG]), fin: false }, random),
    () => masked('x', { opcode: CLOSE }, random),
    () =>
      masked(
        code(random.pick([0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 65_535])),
        { opcode: CLOSE },
        random,
      ),
    () =>
      Buffer.concat([
        masked('{', { fin: false }, random),
        ...repeated(masked('', { opcode: 0, fin: false }, random), MAX_FRAGMENTS),
      ]),
  ])();
}

/** How a client may go: with a close frame, well-formed or not quite, or in the middle of something. */
export function ending(random: Random): Buffer {
  return random.pick<() => Buffer>([
    () => masked(Buffer.from([0x03, 0xe8]), { opcode: CLOSE }, random),
    () => masked('', { opcode: CLOSE }, random),
    () => masked(Buffer.from([0x0f, 0xa0, 0xff, 0xfe, 0x80]), { opcode: CLOSE }, random),
    () =>
      Buffer.concat([
        masked(Buffer.from([0x03, 0xe9]), { opcode: CLOSE }, random),
        masked('{"a":1}', {}, random),
      ]),
    () => masked('{"msg":"test.unfinished"}', {}, random).subarray(0, random.between(0, 20)),
    () => masked('{"msg":"test.unfinished"}', { fin: false }, random),
    () => Buffer.alloc(0),
  ])();
}

/** Bytes that are frames by chance only. */
export function garbage(random: Random): Buffer {
  return Buffer.from(Array.from({ length: random.between(1, 200) }, () => random.between(0, 255)));
}

function withFirstByte(bytes: Buffer, first: number): Buffer {
  bytes.writeUInt8(first, 0);
  return bytes;
}

function repeated(bytes: Buffer, times: number): Buffer[] {
  return Array.from({ length: times }, () => bytes);
}
