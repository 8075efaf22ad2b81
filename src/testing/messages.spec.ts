import { describe, expect, it } from 'vitest';
import { readTuple, splitTuples } from '../storage/index.js';
import { batch, row, snapshot, storedMessage } from './messages.js';
import { RecordingSink } from './recording-sink.js';

const GENESIS_HASH = `0x${'91'.repeat(32)}`;

describe('storedMessage', () => {
  it('has what a hook reads', () => {
    const node = { name: 'alice', chain: 'Polkadot', genesisHash: GENESIS_HASH, peerId: '12D3KooA' };
    const at = Date.parse('2026-01-02T03:04:05.678Z');
    const message = storedMessage({ msg: 'block.import', payload: { height: 4 }, node, audit: true, at });
    expect(message).toMatchObject({
      msg: 'block.import',
      payload: { msg: 'block.import', height: 4 },
      logs: '{"msg":"block.import","height":4}',
      createdAt: '2026-01-02T03:04:05.678000Z',
      receivedAt: '2026-01-02T03:04:05.678000Z',
      audit: true,
      node: { ...node, chainKey: GENESIS_HASH, path: '/audit', version: null },
    });
    expect(message.connectionId).toBeGreaterThan(0);
    expect(message.batchId).toMatch(/^[\da-f-]{36}$/);
  });

  it('is of an unknown node if that is null, and may have any text', () => {
    const message = storedMessage({ node: null, msg: null, logs: '{"n":18446744073709551615}' });
    expect([message.node, message.msg, message.logs]).toEqual([
      undefined,
      null,
      '{"n":18446744073709551615}',
    ]);
  });
});

describe('RecordingSink', () => {
  it('keeps each batch once, and fails on demand', async () => {
    const sink = new RecordingSink();
    const connection = snapshot();
    const rows = [1, 2].map((n) => row({ connectionId: connection.id, msg: 'test.n', payload: { n } }));
    const given = batch({ expiring: rows, connections: [connection] });
    expect(splitTuples(given.expiring.tuples).map((tuple) => readTuple(tuple).connectionId)).toEqual([
      connection.id,
      connection.id,
    ]);
    sink.failure = new Error('away');
    await expect(sink.store(given)).rejects.toThrow('away');
    sink.failure = undefined;
    expect(await sink.store(given)).toEqual({ duplicate: false, rejected: [] });
    expect(await sink.store(given)).toEqual({ duplicate: true, rejected: [] });
    expect(sink.messages.map(({ msg, logs }) => [msg, JSON.parse(logs) as unknown])).toEqual([
      ['test.n', { msg: 'test.n', n: 1 }],
      ['test.n', { msg: 'test.n', n: 2 }],
    ]);
    expect(sink.failures).toBe(1);
    await sink.close();
    expect(sink.closed).toBe(true);
  });
});
