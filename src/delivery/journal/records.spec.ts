import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { frameRecord, HEADER_BYTES, type JournalDamage, readRecord, RecordReader } from './records.js';

const marker = Buffer.from('9f3a00c4d17be852', 'hex');
const bodies = [
  Buffer.from('one'),
  Buffer.alloc(0),
  Buffer.alloc(200_000, 'three'),
  Buffer.from([4, 4, 4]),
  Buffer.alloc(70_000, 5),
  Buffer.from('six'),
];
const records = bodies.map((payload) => Buffer.concat(frameRecord(marker, [payload])));
/** Comparing digests is much faster than comparing large buffers. */
const digest = (payload: Buffer) => createHash('sha1').update(payload).digest('hex');
const payloads = bodies.map(digest);
const whole = Buffer.concat(records);
const startOf = (index: number) => records.slice(0, index).reduce((sum, record) => sum + record.length, 0);
const allBut = (...lost: number[]) => payloads.filter((_, index) => !lost.includes(index));

describe('RecordReader', () => {
  let folder: string;
  let path: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'records-'));
    path = join(folder, '00000001.journal');
  });

  afterAll(() => rm(folder, { recursive: true }));

  async function readThrough(content: Buffer) {
    await writeFile(path, content);
    const found: string[] = [];
    const damage: JournalDamage[] = [];
    let bytes = 0;
    for await (const part of RecordReader.read(path, marker)) {
      if ('payload' in part) {
        expect(part.offset).toBe(bytes);
        found.push(digest(part.payload));
        bytes += part.length;
      } else {
        expect(part).toMatchObject({ file: path, offset: bytes });
        damage.push(part);
        bytes += part.bytes;
      }
    }
    expect(bytes, 'every byte is in a record or reported').toBe(content.length);
    return { found, damage };
  }

  const flipped = (at: number) => {
    const content = Buffer.from(whole);
    content.writeUInt8(content.readUInt8(at) ^ 0x10, at);
    return content;
  };

  it('returns all records in order', async () => {
    expect(await readThrough(whole)).toEqual({ found: payloads, damage: [] });
  });

  it('returns nothing for an empty file', async () => {
    expect(await readThrough(Buffer.alloc(0))).toEqual({ found: [], damage: [] });
  });

  it.each([
    ['the marker', 3],
    ['the length', 8],
    ['the highest byte of the length', 11],
    ['the checksum of the payload', 13],
    ['the checksum of the header', 18],
    ['the payload', HEADER_BYTES + 150_000],
  ])('loses one record to a flipped bit in %s', async (_, at) => {
    const { found, damage } = await readThrough(flipped(startOf(2) + at));
    expect(found).toEqual(allBut(2));
    expect(damage).toMatchObject([{ offset: startOf(2), bytes: records[2]?.length }]);
  });

  it('loses no more than one record to a flipped bit in any byte', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: whole.length - 1 }), async (at) => {
        const { found, damage } = await readThrough(flipped(at));
        const index = payloads.findIndex((_, each) => at < startOf(each + 1));
        expect(found).toEqual(allBut(index));
        expect(damage).toHaveLength(1);
      }),
      { numRuns: 60, examples: Array.from({ length: HEADER_BYTES + 3 }, (_, at) => [at]) },
    );
  });

  it('loses only the truncated record, for any truncation', async () => {
    const edges = payloads.flatMap((_, index) =>
      [0, 1, 7, 8, HEADER_BYTES - 1, HEADER_BYTES, HEADER_BYTES + 1].map(
        (more) => [startOf(index) + more] as [number],
      ),
    );
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: whole.length }), async (length) => {
        const { found, damage } = await readThrough(whole.subarray(0, length));
        const complete = payloads.filter((_, index) => startOf(index + 1) <= length);
        expect(found).toEqual(complete);
        expect(damage).toHaveLength(length === startOf(complete.length) ? 0 : 1);
      }),
      { numRuns: 100, examples: edges },
    );
  });

  it('reports a tail of zeros', async () => {
    const { found, damage } = await readThrough(Buffer.concat([whole, Buffer.alloc(300_000)]));
    expect(found).toEqual(payloads);
    expect(damage).toMatchObject([{ offset: whole.length, bytes: 300_000 }]);
  });

  it('reports zeros instead of the last records', async () => {
    const zeroed = Buffer.from(whole).fill(0, startOf(4));
    const { found, damage } = await readThrough(zeroed);
    expect(found).toEqual(allBut(4, 5));
    expect(damage).toMatchObject([{ offset: startOf(4) }]);
  });

  it('finds the next record after garbage of any length at any offset', async () => {
    for (const size of [1, 7, 8, 19, 20, 21, 65_527, 65_528, 65_529, 65_536, 200_001]) {
      for (const index of [0, 3, 6]) {
        const at = startOf(index);
        const garbage = Buffer.alloc(size, 0xa7);
        const content = Buffer.concat([whole.subarray(0, at), garbage, whole.subarray(at)]);
        const { found, damage } = await readThrough(content);
        expect(found).toEqual(payloads);
        expect(damage).toMatchObject([{ offset: at, bytes: size }]);
      }
    }
  });

  it('finds the next record after a torn write', async () => {
    const torn = whole.subarray(startOf(2), startOf(2) + 100_000);
    const { found, damage } = await readThrough(
      Buffer.concat([records[0] ?? torn, torn, records[3] ?? torn]),
    );
    expect(found).toEqual([payloads[0], payloads[3]]);
    expect(damage).toMatchObject([{ bytes: 100_000 }]);
  });

  it('ignores records with the marker of another directory', async () => {
    const foreign = Buffer.concat(frameRecord(Buffer.alloc(8, 1), [Buffer.from('forged')]));
    const outer = Buffer.concat(frameRecord(marker, [foreign]));
    // Its checksum is wrong, so that the reader searches inside it, and finds the foreign record.
    outer.writeUInt8(0xff, outer.length - 1);
    const { found, damage } = await readThrough(Buffer.concat([outer, whole]));
    expect(found).toEqual(payloads);
    expect(damage).toHaveLength(1);
  });

  it('reads one record by its offset', async () => {
    await writeFile(path, whole);
    const entry = { segment: 1, offset: startOf(2), length: records[2]?.length ?? 0 };
    expect(digest(await readRecord(path, marker, entry))).toBe(payloads[2]);
    await expect(readRecord(path, marker, { ...entry, offset: entry.offset + 1 })).rejects.toThrow(
      'no record begins',
    );
    await writeFile(path, flipped(entry.offset + 50_000));
    await expect(readRecord(path, marker, entry)).rejects.toThrow('does not match its checksum');
    await writeFile(path, whole.subarray(0, entry.offset + 50_000));
    await expect(readRecord(path, marker, entry)).rejects.toThrow('truncated');
    await rm(path);
    await expect(readRecord(path, marker, entry)).rejects.toThrow('is missing');
  });
});
