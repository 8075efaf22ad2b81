import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ConnectionSnapshot,
  END_REASONS,
  UNKNOWN_IDENTITY,
  type NodeIdentity,
  REPORTED_FIELDS,
  type ReportedKind,
} from '../../../storage/index.js';
import type { Batch } from '../../../telemetry/index.js';
import { BatchFormatError, JournalFormatError } from '../journal.error.js';
import { DecoderV1, encodeBatch, WRITTEN_COLUMNS } from './v1.js';

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
const time = fc.integer({ min: 0, max: 4_102_444_800_000 });
const text = fc.string({ unit: 'binary', maxLength: 40 });
const number = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });

const block = fc.record({ rows: fc.nat(), tuples: bytes, oldest: time, newest: time });
const rejected = fc.record({
  receivedAt: time,
  connectionId: maybe(number),
  path: text,
  ipAddr: text,
  reason: text,
  size: fc.nat(),
  head: bytes,
});
const SAID: Readonly<Record<ReportedKind, fc.Arbitrary<unknown>>> = {
  peerId: text,
  text,
  hash: text,
  flag: fc.boolean(),
  time,
  object: fc.json(),
};
const identity = fc.record(
  Object.fromEntries(REPORTED_FIELDS.map(({ key, kind }) => [key, maybe(SAID[kind])])),
) as unknown as fc.Arbitrary<NodeIdentity>;
const connection: fc.Arbitrary<ConnectionSnapshot> = fc
  .record({
    id: number,
    revision: fc.nat(),
    socketId: fc.uuid(),
    envelopeId: maybe(fc.maxSafeInteger()),
    ipAddr: text,
    path: text,
    audit: fc.boolean(),
    createdAt: time,
    firstMessageAt: time,
    lastMessageAt: time,
    oldestCreatedAt: fc.oneof(time, fc.constant(Infinity)),
    newestCreatedAt: fc.oneof(time, fc.constant(-Infinity)),
    types: fc.array(fc.nat({ max: 40 }), { maxLength: 5 }),
    rttUs: maybe(fc.nat()),
    endedAt: maybe(time),
    endReason: maybe(fc.constantFrom(...END_REASONS)),
    endCode: maybe(fc.nat()),
    identity,
  })
  .map(({ identity: said, ...others }) => ({ ...others, ...said }));
const batches: fc.Arbitrary<Batch> = fc.record({
  id: fc.uuid(),
  collector: fc.record({ id: fc.uuid(), number: fc.nat({ max: 2 ** 21 - 1 }) }),
  firstReceivedAt: time,
  sealedAt: time,
  expiring: block,
  audit: block,
  connections: fc.array(connection, { maxLength: 4 }),
  rejected: fc.array(rejected, { maxLength: 4 }),
});

const encode = (batch: Batch): Buffer => Buffer.concat(encodeBatch(batch));
const decode = (payload: Buffer): Batch => new DecoderV1(WRITTEN_COLUMNS).decode(payload);
const sample = (): Batch => {
  const [batch] = fc.sample(batches, 1);
  expect.assert(batch !== undefined);
  return batch;
};

/** The same bytes behind another head. */
function withHead(encoded: Buffer, change: (head: Record<string, unknown>) => unknown): Buffer {
  const end = 4 + encoded.readUInt32LE(0);
  const head = JSON.parse(encoded.subarray(4, end).toString()) as Record<string, unknown>;
  const json = Buffer.from(JSON.stringify(change(head)));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(json.length);
  return Buffer.concat([length, json, encoded.subarray(end)]);
}

describe('batches in format 1', () => {
  it('are decoded exactly as they were encoded', () => {
    fc.assert(
      fc.property(batches, (batch) => {
        expect(decode(encode(batch))).toEqual(batch);
      }),
    );
  });

  it('are decoded from any offset of a larger buffer', () => {
    fc.assert(
      fc.property(batches, bytes, (batch, before) => {
        const whole = Buffer.concat([before, encode(batch)]);
        expect(decode(whole.subarray(before.length))).toEqual(batch);
      }),
    );
  });

  it('contain the tuples without a copy', () => {
    const batch = sample();
    const parts = encodeBatch(batch);
    expect(parts.some((part) => part === batch.expiring.tuples)).toBe(true);
    expect(parts.some((part) => part === batch.audit.tuples)).toBe(true);
  });

  it('are rejected if bytes are missing or left over', () => {
    fc.assert(
      fc.property(batches, fc.nat(), (batch, at) => {
        const encoded = encode(batch);
        expect(() => decode(encoded.subarray(0, at % encoded.length))).toThrow(BatchFormatError);
        expect(() => decode(Buffer.concat([encoded, Buffer.alloc(1)]))).toThrow(BatchFormatError);
      }),
    );
  });

  it('are rejected if the head is not an object, or lacks a field', () => {
    const encoded = encode(sample());
    for (const head of [null, 1, 'head', []]) {
      expect(() => decode(withHead(encoded, () => head))).toThrow(BatchFormatError);
    }
    for (const field of [
      'id',
      'collector',
      'first_received_at',
      'sealed_at',
      'expiring',
      'audit',
      'connections',
      'rejected',
    ]) {
      expect(() => decode(withHead(encoded, (head) => ({ ...head, [field]: undefined })))).toThrow(
        new BatchFormatError(`In a batch, the head has no ${field}.`),
      );
    }
  });

  it('are of a later version, rather than damaged, if the head has an unknown field', () => {
    const encoded = encode(sample());
    expect(() => decode(withHead(encoded, (head) => ({ ...head, cipher: null })))).toThrow(
      new JournalFormatError('In a batch, the head has an unknown field: cipher.'),
    );
  });

  it('have the columns of their journal, in its order; missing columns are null', () => {
    const batch = sample();
    const [snapshot] = fc.sample(connection, 1);
    const encoded = withHead(encode({ ...batch, connections: [] }), (head) => ({
      ...head,
      connections: [['alice', 7, null]],
    }));
    const [found] = new DecoderV1(['name', 'id', 'oldest_created_at']).decode(encoded).connections;
    expect(found).toEqual({
      ...UNKNOWN_IDENTITY,
      name: 'alice',
      id: 7,
      oldestCreatedAt: Infinity,
      newestCreatedAt: -Infinity,
      rttUs: null,
    });
    expect(Object.keys(snapshot ?? {})).toHaveLength(WRITTEN_COLUMNS.length);
  });

  it.each([[['alice']], [['alice', 7, null, 1]], [null], ['alice']])(
    'are damaged if a connection has other columns than the journal: %j',
    (values) => {
      const encoded = withHead(encode({ ...sample(), connections: [] }), (head) => ({
        ...head,
        connections: [values],
      }));
      const decoder = new DecoderV1(['name', 'id', 'oldest_created_at']);
      expect(() => decoder.decode(encoded)).toThrow(BatchFormatError);
    },
  );

  it('cannot be read with an unknown column', () => {
    expect(() => new DecoderV1([...WRITTEN_COLUMNS, 'shoe_size'])).toThrow(JournalFormatError);
  });
});
