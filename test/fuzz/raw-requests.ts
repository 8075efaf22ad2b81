import type { Random } from '../../src/simulator/random/random.js';
import { BAD_METHODS, BODIES, HEADERS, METHODS, TAKEN, TARGETS, VERSIONS } from './raw-request-parts.js';

const CRLF = '\r\n';
/** One request as it should be, which is answered with 200. */
export const GOOD_REQUEST = `GET /health/live HTTP/1.1${CRLF}Host: a${CRLF}${CRLF}`;

/** One to four requests at random, one right behind the other; some of them are as they should be. */
export function rawRequests(random: Random): Buffer {
  const count = random.pick([1, 1, 1, 2, 4]);
  return Buffer.concat(
    Array.from({ length: count }, () =>
      random.chance(0.1) ? Buffer.from(GOOD_REQUEST) : oddRequest(random),
    ),
  );
}

/** One that reaches the database, with a body. */
const GOOD_BODY = '{"setup":{"a":18446744073709551616}}';
const GOOD_POST =
  `POST /benchmarks HTTP/1.1${CRLF}Host: a${CRLF}Content-Type: application/json${CRLF}` +
  `Content-Length: ${GOOD_BODY.length.toString()}${CRLF}${CRLF}${GOOD_BODY}`;

function oddRequest(random: Random): Buffer {
  if (random.chance(0.03)) return mutated(Buffer.from(GOOD_POST), random);
  if (random.chance(0.03)) return Buffer.from(Array.from({ length: 60 }, () => random.between(0, 255)));
  const { headers, body } = oddBody(random);
  const isTaken = body.length > 0 && random.chance(0.5);
  const method = isTaken ? 'POST' : random.pick(random.chance(0.95) ? METHODS : BAD_METHODS);
  const target = random.pick(isTaken ? TAKEN : TARGETS);
  const lines = [`${method} ${target} ${random.chance(0.9) ? 'HTTP/1.1' : random.pick(VERSIONS)}`];
  if (random.chance(0.95)) lines.push('Host: a');
  for (let count = random.pick([0, 0, 1, 1, 2, 4]); count > 0; count -= 1) lines.push(random.pick(HEADERS));
  if (random.chance(0.01)) lines.push(...Array.from({ length: 3_000 }, (_, at) => `H${at.toString()}: 1`));
  const newline = random.chance(0.95) ? CRLF : random.pick(['\n', '\r', '\r\r\n', ' \r\n']);
  const head = [...lines, ...headers, '', ''].join(newline);
  const all = Buffer.concat([Buffer.from(head, random.chance(0.5) ? 'latin1' : 'utf8'), body]);
  return mutated(all, random);
}

/** With a length that is right, wrong or given twice, in pieces that are well-formed or not, or none at all. */
function oddBody(random: Random): { headers: string[]; body: Buffer } {
  if (random.chance(0.4)) return { headers: [], body: Buffer.alloc(0) };
  const body = Buffer.from(random.pick(BODIES));
  const json = random.chance(0.8) ? ['Content-Type: application/json'] : [];
  const length = `Content-Length: ${body.length.toString()}`;
  return random.pick<() => { headers: string[]; body: Buffer }>([
    () => ({ headers: [...json, length], body }),
    () => ({ headers: [...json, length], body: body.subarray(0, random.between(0, body.length)) }),
    () => ({
      headers: [
        ...json,
        `Content-Length: ${random.pick(['-1', '+1', '0x10', '1e3', '', ' ', '1, 1', '99999999999999999999', '8388609'])}`,
      ],
      body,
    }),
    () => ({ headers: [...json, length, 'Content-Length: 1'], body }),
    () => ({ headers: [...json, length, 'Transfer-Encoding: chunked'], body: chunked(body, random) }),
    () => ({ headers: [...json, 'Transfer-Encoding: chunked'], body: chunked(body, random) }),
    () => ({ headers: [...json, 'Transfer-Encoding: chunked'], body: brokenChunks(body, random) }),
    () => ({
      headers: [
        ...json,
        `Transfer-Encoding: ${random.pick(['gzip', 'chunked, gzip', 'xchunked', 'identity', 'chunked\r\nTransfer-Encoding: chunked', ' ', 'Chunked '])}`,
      ],
      body: chunked(body, random),
    }),
    () => ({ headers: [...json, 'Expect: 100-continue', length], body }),
  ])();
}

function chunked(body: Buffer, random: Random): Buffer {
  const cut = random.between(0, body.length);
  const pieces = [body.subarray(0, cut), body.subarray(cut)].filter(({ length }) => length > 0);
  const extension = random.pick(['', '', ';a=b', ';a="\u00ff"', ' ', `;${'x'.repeat(20_000)}`]);
  const end = random.pick([
    `0${CRLF}${CRLF}`,
    `0${CRLF}X: y${CRLF}${CRLF}`,
    `0${CRLF}Content-Length: 5${CRLF}${CRLF}`,
    '',
    '0',
  ]);
  return Buffer.concat([
    ...pieces.map((piece) =>
      Buffer.concat([
        Buffer.from(`${piece.length.toString(16)}${extension}${CRLF}`),
        piece,
        Buffer.from(CRLF),
      ]),
    ),
    Buffer.from(end),
  ]);
}

function brokenChunks(body: Buffer, random: Random): Buffer {
  const size = random.pick([
    '-1',
    'g',
    '',
    'ffffffffffffffffffff',
    '7fffffffffffffff',
    '0x5',
    '5 5',
    '\0',
    '00000000000005',
  ]);
  return Buffer.concat([Buffer.from(`${size}${CRLF}`), body, Buffer.from(`${CRLF}0${CRLF}${CRLF}`)]);
}

function mutated(bytes: Buffer, random: Random): Buffer {
  const change = random.weighted({ nothing: 20, flip: 3, cut: 2, double: 1 });
  if (change === 'cut') return bytes.subarray(0, random.between(0, bytes.length));
  if (change === 'double') return Buffer.concat([bytes, bytes.subarray(random.between(0, bytes.length))]);
  if (change === 'flip') {
    const at = random.between(0, Math.max(0, Math.min(bytes.length - 1, 300)));
    bytes[at] = (bytes[at] ?? 0) ^ (1 << random.between(0, 7));
  }
  return bytes;
}
