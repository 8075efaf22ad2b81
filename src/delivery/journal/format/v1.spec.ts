import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Batch } from '../../telemetry/index.js';
import { decodeBatch, encodeBatch, encodeBatchParts } from './batch-codec.js';
import { BatchFormatError } from './journal.error.js';

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
const time = fc.integer({ min: 0, max: 4_102_444_800_000 });
const bound = fc.oneof(time, fc.constantFrom(Infinity, -Infinity, NaN));
const text = fc.string({ unit: 'binary', maxLength: 40 });
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });

const block = fc.record({ rows: fc.nat(), text: bytes, oldest: bound, newest: bound });
const rejected = fc.record({
  receivedAt: time,
  connectionId: maybe(fc.uuid()),
  path: text,
  ipAddr: text,
  reason: text,
  size: fc.nat(),
  head: bytes,
});
const connection = fc.record({
  id: fc.uuid(),
  revision: fc.nat(),
  collectorId: fc.uuid(),
  socketId: fc.uuid(),
  envelopeId: maybe(fc.maxSafeInteger()),
  ipAddr: text,
  path: text,
  audit: fc.boolean(),
  createdAt: time,
  firstMessageAt: time,
  lastMessageAt: time,
  oldestCreatedAt: time,
  newestCreatedAt: time,
  endedAt: maybe(time),
  endReason: maybe(text),
  endCode: maybe(fc.nat()),
  peerId: maybe(text),
  name: maybe(text),
  chain: maybe(text),
  implementation: maybe(text),
  version: maybe(text),
  config: maybe(text),
  authority: maybe(fc.boolean()),
  startupTime: maybe(time),
  genesisHash: maybe(text),
  targetOs: maybe(text),
  targetArch: maybe(text),
  targetEnv: maybe(text),
  sysinfo: maybe(fc.json()),
});
const batches: fc.Arbitrary<Batch> = fc.record({
  id: fc.uuid(),
  firstReceivedAt: time,
  sealedAt: time,
  expiring: block,
  audit: block,
  connections: fc.array(connection, { maxLength: 4 }),
  rejected: fc.array(rejected, { maxLength: 4 }),
});

describe('batches as bytes', () => {
  it('come back exactly as they were', () => {
    fc.assert(
      fc.property(batches, (batch) => {
        expect(decodeBatch(encodeBatch(batch))).toEqual(batch);
      }),
    );
  });

  it('come back from any place in a larger buffer', () => {
    fc.assert(
      fc.property(batches, bytes, (batch, before) => {
        const whole = Buffer.concat([before, encodeBatch(batch)]);
        expect(decodeBatch(whole.subarray(before.length))).toEqual(batch);
      }),
    );
  });

  it('hold the texts of rows without a copy', () => {
    const [batch] = fc.sample(batches, 1);
    expect.assert(batch !== undefined);
    expect(encodeBatchParts(batch)).toContain(batch.expiring.text);
    expect(encodeBatchParts(batch)).toContain(batch.audit.text);
  });

  it('are refused when some are missing or too many', () => {
    fc.assert(
      fc.property(batches, fc.nat(), (batch, at) => {
        const encoded = encodeBatch(batch);
        expect(() => decodeBatch(encoded.subarray(0, at % encoded.length))).toThrow(BatchFormatError);
        expect(() => decodeBatch(Buffer.concat([encoded, Buffer.alloc(1)]))).toThrow(BatchFormatError);
      }),
    );
  });

  it('are refused when they are of another version', () => {
    const [batch] = fc.sample(batches, 1);
    expect.assert(batch !== undefined);
    const encoded = encodeBatch(batch);
    encoded.writeUInt8(2, 0);
    expect(() => decodeBatch(encoded)).toThrow('version 2');
  });
});
