import { describe, expect, it } from 'vitest';
import { MessageStream } from './database/postgres-link.js';

function message(type: string, body: string): Buffer {
  const head = Buffer.alloc(type.length + 4);
  head.write(type, 'latin1');
  head.writeUInt32BE(4 + body.length, type.length);
  return Buffer.concat([head, Buffer.from(body)]);
}

const sent = [
  message('', 'startup'),
  message('P', '\0COMMIT\0'),
  message('S', ''),
  message('d', 'x'.repeat(1_000)),
];

describe("PostgreSQL's messages", () => {
  it('are parsed with any chunking', () => {
    const bytes = Buffer.concat(sent);
    for (const size of [1, 2, 3, 5, 8, 13, 100, 1_000, bytes.length]) {
      const stream = new MessageStream(true);
      const found: { type: number; bytes: Buffer }[] = [];
      for (let at = 0; at < bytes.length; at += size)
        found.push(...stream.feed(bytes.subarray(at, at + size)));
      expect(found.map(({ type }) => type)).toEqual([0, 0x50, 0x53, 0x64]);
      expect(found.map((one) => one.bytes)).toEqual(sent);
    }
  });
});
