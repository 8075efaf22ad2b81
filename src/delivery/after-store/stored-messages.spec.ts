import { expect, it } from 'vitest';
import { batch, row, snapshot, type TestRow } from '../../../test/support/batches.js';
import { KnownNodes } from './known-nodes.js';
import { storedMessages } from './stored-messages.js';

const node = snapshot({ name: 'alice' });
const nodes = new KnownNodes();
nodes.learn([node]);
const testRow = (msg: string | null, logs: string): TestRow =>
  row({ at: Date.parse('2026-01-02T03:04:05.678Z'), connectionId: node.id, msg, logs });

it('are the messages of both tables', () => {
  const logs = '{"msg":"block.import","a":"tab\\tnew\\nline \\\\","n":18446744073709551615}';
  const stored = batch({ expiring: [testRow('block.import', logs)], audit: [testRow(null, '{"b":1}')] });
  const [first, second, ...more] = storedMessages({ batch: stored, rejected: [] }, nodes);
  expect(first).toMatchObject({
    batchId: stored.id,
    audit: false,
    msg: 'block.import',
    connectionId: node.id,
    node: { name: 'alice', peerId: node.peerId },
    logs,
    payload: { msg: 'block.import', a: 'tab\tnew\nline \\', n: 2 ** 64 },
  });
  expect(Date.parse(first?.createdAt ?? '')).toBe(Date.parse('2026-01-02T03:04:05.678Z'));
  expect(Date.parse(first?.receivedAt ?? '')).not.toBeNaN();
  expect(second).toMatchObject({ audit: true, msg: null, payload: { b: 1 } });
  expect(more).toEqual([]);
});

it('are filtered by type, with or without a number', () => {
  const stored = batch({
    expiring: [
      ...['a\tb\\c\nd', '\\N', 'x', '', 'größer', 'block.import', 'notify.finalized'].map((msg, n) =>
        testRow(msg, JSON.stringify({ n, msg })),
      ),
      testRow(null, '{"n":-1}'),
    ],
  });
  const wanted = new Set(['a\tb\\c\nd', '\\N', 'größer', 'notify.finalized']);
  const messages = storedMessages({ batch: stored, rejected: [] }, nodes, wanted);
  expect(messages.map(({ msg, payload }) => [msg, payload.n])).toEqual([
    ['a\tb\\c\nd', 0],
    ['\\N', 1],
    ['größer', 4],
    ['notify.finalized', 6],
  ]);
});

it('leave out messages that the database rejected', () => {
  const lines = ['{"n":1}', '{"n":2}', '{"n":3}'].map((logs) => testRow('x', logs));
  const refusal = {
    receivedAt: 0,
    connectionId: node.id,
    ipAddr: '',
    reason: 'refused_by_database_22P05',
    size: 7,
    head: Buffer.from('{"n":2}'),
  };
  const stored = batch({ expiring: lines, audit: lines });
  const messages = storedMessages({ batch: stored, rejected: [{ ...refusal, path: '/audit' }] }, nodes);
  expect(messages.map(({ audit, payload }) => [audit, payload.n])).toEqual([
    [false, 1],
    [false, 2],
    [false, 3],
    [true, 1],
    [true, 3],
  ]);
});
