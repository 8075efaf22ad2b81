import type { Random } from '../../src/simulator/random/random.js';

/** Makes of bytes others, of about the same length. */
export type Mutation = (bytes: Buffer, random: Random, other: Buffer) => Buffer;

/** What is likely to matter wherever it lands. */
const MORSELS = [
  ...['"', '\\', '{', '}', '[', ']', ',', ':', '\0', '\n', '\t', '\r', ' ', '\u007f', '\u2028', '\ufeff'],
  ...['\\u0000', '\\ud800', '\\udc00', '\\ud83d\\ude00', '\\u', '\\"', '\\\\', '\\N', '\\.', '\u202e', '😀'],
  ...['null', 'true', '-0', '1e400', '1e131071', '1e131072', '1e-16384', '1e1073741823', '0x', 'NaN', '01'],
  ...[
    '18446744073709551616',
    '"__proto__":{"a":1},',
    '"msg":"x",',
    '"id":1,',
    '"payload":{}',
    '"ts":0,',
    '{}',
  ],
].map((text) => Buffer.from(text));
const BROKEN = ['ff', 'c3', '80', 'eda080', 'c080', 'f4908080', 'e2', '00'].map((hex) =>
  Buffer.from(hex, 'hex'),
);

const NUMBER = /(?<=[:[,])-?\d+(?:\.\d+)?(?=[,\]}])/g;
const MEMBER = /"[^"\\]*":(?:"[^"\\]*"|-?\d+|true|false|null)/g;
const STRING = /"[^"\\]*"/g;

/** Wherever: both ends included. */
function place(bytes: Buffer, random: Random): number {
  return random.between(0, bytes.length);
}

function insert(bytes: Buffer, at: number, what: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, at), what, bytes.subarray(at)]);
}

/** Does something to one of the matches; the bytes stay as they are where there is none. */
function replaceOne(bytes: Buffer, random: Random, pattern: RegExp, by: (text: string) => string): Buffer {
  // Byte for byte, whatever the bytes are.
  const text = bytes.toString('latin1');
  const matches = [...text.matchAll(pattern)];
  if (matches.length === 0) return bytes;
  const { 0: found, index } = random.pick(matches);
  const replaced = Buffer.from(by(found), 'latin1');
  return Buffer.concat([bytes.subarray(0, index), replaced, bytes.subarray(index + found.length)]);
}

export const MUTATIONS: Readonly<Record<string, Mutation>> = {
  flipABit: (bytes, random) => {
    const flipped = Buffer.from(bytes);
    if (bytes.length === 0) return flipped;
    const at = random.between(0, bytes.length - 1);
    flipped.writeUInt8(flipped.readUInt8(at) ^ (1 << random.between(0, 7)), at);
    return flipped;
  },
  overwriteAByte: (bytes, random) => {
    const other = Buffer.from(bytes);
    if (bytes.length > 0) other.writeUInt8(random.between(0, 255), random.between(0, bytes.length - 1));
    return other;
  },
  cutTheEnd: (bytes, random) => bytes.subarray(0, place(bytes, random)),
  cutTheBeginning: (bytes, random) => bytes.subarray(place(bytes, random)),
  cutTheMiddle: (bytes, random) => {
    const [from, to] = [place(bytes, random), place(bytes, random)].sort((a, b) => a - b) as [number, number];
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
  },
  double: (bytes) => Buffer.concat([bytes, bytes]),
  doubleAPart: (bytes, random) => {
    const from = place(bytes, random);
    const part = bytes.subarray(from, from + random.between(1, 200));
    return insert(bytes, from, part);
  },
  joinAnother: (bytes, random, other) =>
    Buffer.concat([bytes, Buffer.from(random.pick(['', ',', '\n', ' ', '\0'])), other]),
  spliceAnother: (bytes, random, other) =>
    Buffer.concat([bytes.subarray(0, place(bytes, random)), other.subarray(place(other, random))]),
  nest: (bytes, random) => {
    const [before, after] = random.pick([
      ['[', ']'],
      ['{"a":', '}'],
      ['{"id":1,"payload":', '}'],
      ['{"id":7,"ts":"2021-02-09T10:00:00Z","payload":', '}'],
      ['{"id":7,"payload":', ',"ts":"2021-02-09T10:00:00Z"}'],
    ] as const);
    const times = random.weighted({ 1: 20, 3: 5, 900: 1, 1100: 1, 7000: 0.2 });
    return Buffer.concat([
      Buffer.from(before.repeat(Number(times))),
      bytes,
      Buffer.from(after.repeat(Number(times))),
    ]);
  },
  nestAValue: (bytes, random) => {
    const times = Number(random.weighted({ 2: 10, 990: 2, 1001: 2, 6000: 0.5 }));
    return replaceOne(bytes, random, NUMBER, (number) => '['.repeat(times) + number + ']'.repeat(times));
  },
  hugeNumber: (bytes, random) =>
    replaceOne(bytes, random, NUMBER, (number) =>
      random.pick([
        `${number}e${random.between(-20_000, 140_000)}`,
        `${number}${'0'.repeat(random.between(1, 60))}`,
        `-${number}.${'9'.repeat(random.between(1, 40))}`,
        `${number}e${'9'.repeat(random.between(1, 30))}`,
        '9'.repeat(random.pick([20, 400, 131_072, 131_073])),
      ]),
    ),
  doubleAMember: (bytes, random) => replaceOne(bytes, random, MEMBER, (member) => `${member},${member}`),
  renameAMember: (bytes, random) =>
    replaceOne(bytes, random, STRING, () =>
      random.pick([
        '"__proto__"',
        '"id"',
        '"ts"',
        '"payload"',
        '"msg"',
        '"_envelope"',
        '"constructor"',
        '""',
      ]),
    ),
  escapeAName: (bytes, random) =>
    replaceOne(bytes, random, STRING, (text) =>
      text.replace(/[a-z]/, (letter) => `\\u00${letter.charCodeAt(0).toString(16)}`),
    ),
  swapAMember: (bytes, random) =>
    replaceOne(bytes, random, MEMBER, (member) =>
      member.replace(/:(.*)$/s, random.pick([':{}', ':[]', ':null', ':"\\u0000"', ':1e999'])),
    ),
  longText: (bytes, random) =>
    replaceOne(
      bytes,
      random,
      STRING,
      (text) =>
        `${text.slice(0, -1)}${random.pick(['x', '\\n', '[', '\\u00e9'] as const).repeat(Number(random.weighted({ 100: 10, 3000: 3, 40_000: 1 })))}"`,
    ),
  spaceAround: (bytes, random) => {
    const space = random.pick([' ', '\n\t', '\r\n', '\u00a0', '\0', '\ufeff', '\v'] as const);
    return Buffer.from(
      random.chance(0.5)
        ? Buffer.concat([Buffer.from(space), bytes])
        : Buffer.concat([bytes, Buffer.from(space)]),
    );
  },
  insertAMorsel: (bytes, random) => insert(bytes, place(bytes, random), random.pick(MORSELS)),
  overwriteWithAMorsel: (bytes, random) => {
    const [at, morsel] = [place(bytes, random), random.pick(MORSELS)];
    return Buffer.concat([bytes.subarray(0, at), morsel, bytes.subarray(at + morsel.length)]);
  },
  breakUtf8: (bytes, random) => insert(bytes, place(bytes, random), random.pick(BROKEN)),
  markByteOrder: (bytes, random) =>
    random.chance(0.8)
      ? Buffer.concat([Buffer.from('\ufeff'), bytes])
      : Buffer.from([0xff, 0xfe, ...Buffer.from(bytes.toString('latin1').slice(0, 500), 'utf16le')]),
};
