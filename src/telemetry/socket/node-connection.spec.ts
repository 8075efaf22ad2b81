import { beforeEach, describe, expect, it } from 'vitest';
import { isOtherNode, NodeConnection } from './node-connection.js';

const NOW = 1_764_000_000_000;

describe('NodeConnection', () => {
  let node: NodeConnection;

  beforeEach(() => {
    node = new NodeConnection(
      {
        id: 7,
        socketId: 's',
        envelopeId: 8,
        ipAddr: '127.0.0.1',
        path: '/audit',
        audit: true,
        createdAt: NOW - 10,
      },
      NOW,
    );
  });

  it('is written with its first message, and then each half minute', () => {
    expect(node.recordMessage(NOW, NOW, 16)).toBe(true);
    node.snapshot(NOW);
    expect(node.recordMessage(NOW + 1, NOW + 1, 16)).toBe(false);
    expect(node.recordMessage(NOW + 29_999, NOW + 29_999, 16)).toBe(false);
    expect(node.recordMessage(NOW + 30_000, NOW + 30_000, 16)).toBe(true);
    node.snapshot(NOW + 30_000);
    expect(node.recordMessage(NOW + 30_001, NOW + 30_001, 16)).toBe(false);
  });

  it('is written with a message that is older than all before', () => {
    node.recordMessage(NOW, NOW, 16);
    node.snapshot(NOW);
    expect(node.recordMessage(NOW + 1, NOW - 5_000, 16)).toBe(true);
    expect(node.recordMessage(NOW + 2, NOW - 4_000, 16)).toBe(false);
    expect(node.snapshot(NOW + 2)).toMatchObject({
      firstMessageAt: NOW,
      lastMessageAt: NOW + 2,
      oldestCreatedAt: NOW - 5_000,
      newestCreatedAt: NOW,
    });
  });

  it('is written with the first message of a type', () => {
    node.recordMessage(NOW, NOW, 16);
    node.snapshot(NOW);
    expect(node.hasSent(1)).toBe(false);
    expect(node.recordMessage(NOW + 1, NOW + 1, 1)).toBe(true);
    expect(node.hasSent(1)).toBe(true);
    expect(node.recordMessage(NOW + 2, NOW + 2, 1)).toBe(false);
    expect(node.recordMessage(NOW + 3, NOW + 3, 16)).toBe(false);
    expect(node.recordMessage(NOW + 4, NOW + 4, 0)).toBe(true);
    expect(node.snapshot(NOW + 4).types).toEqual([16, 1, 0]);
  });

  it('has in a snapshot the types received so far', () => {
    node.recordMessage(NOW, NOW, 16);
    const before = node.snapshot(NOW);
    node.recordMessage(NOW + 1, NOW + 1, 17);
    expect(before.types).toEqual([16]);
  });

  it('numbers its snapshots', () => {
    node.recordMessage(NOW, NOW, 16);
    expect([1, 2, 3].map(() => node.snapshot(NOW).revision)).toEqual([1, 2, 3]);
  });

  it('keeps a field of the identity that a later message does not have', () => {
    node.identify({ peerId: 'Qm1', name: 'one', chain: 'Kusama', authority: true });
    node.identify({ peerId: null, name: 'two', authority: false });
    expect(node.peerId).toBe('Qm1');
    expect(node.snapshot(NOW)).toMatchObject({
      peerId: 'Qm1',
      name: 'two',
      chain: 'Kusama',
      authority: false,
      version: null,
    });
  });

  it('returns whether an identity changes a field', () => {
    expect(node.identify({ peerId: 'Qm1', name: 'one', chain: null })).toBe(true);
    expect(node.identify({ peerId: 'Qm1', name: 'one', chain: null })).toBe(false);
    expect(node.identify({ peerId: null, name: null })).toBe(false);
    expect(node.identify({ peerId: 'Qm1', name: 'two' })).toBe(true);
    expect(node.snapshot(NOW)).toMatchObject({ peerId: 'Qm1', name: 'two', chain: null });
  });

  it('has the current round trip of its socket', () => {
    const roundTrip: { minUs: number | null } = { minUs: null };
    const measured = new NodeConnection(node.origin, NOW, roundTrip);
    expect([measured.snapshot(NOW).rttUs, node.snapshot(NOW).rttUs]).toEqual([null, null]);
    roundTrip.minUs = 1_234;
    expect(measured.snapshot(NOW).rttUs).toBe(1_234);
  });

  it('is open until it ends, with its origin unchanged', () => {
    node.recordMessage(NOW, NOW, 16);
    const open = { id: 7, envelopeId: 8, path: '/audit', audit: true, createdAt: NOW - 10 };
    expect(node.snapshot(NOW)).toMatchObject({ ...open, endedAt: null, endReason: null, endCode: null });
    node.end(NOW + 5, 'timeout', 1006);
    expect(node.snapshot(NOW)).toMatchObject({
      ...open,
      endedAt: NOW + 5,
      endReason: 'timeout',
      endCode: 1006,
    });
  });
});

const A = `0x${'a'.repeat(64)}`;
const B = `0x${'b'.repeat(64)}`;

/** Peer id, genesis hash and name of the chain. */
type Who = readonly [string | null, string | null, string | null];

const said = ([peerId, genesisHash, chain]: Who): Parameters<typeof isOtherNode>[0] => ({
  peerId,
  genesisHash,
  chain,
});

describe('isOtherNode', () => {
  it.each<[string, Who, Who]>([
    ['another peer id', ['X', A, 'One'], ['Y', A, 'One']],
    ['another genesis hash', ['X', A, 'One'], ['X', B, 'One']],
    ['another genesis hash without names', ['X', A, null], ['X', B, null]],
    ['another name where neither has a hash', ['X', null, 'One'], ['X', null, 'Two']],
    ['another name where only the known has a hash', ['X', A, 'One'], ['X', null, 'Two']],
    ['another name where only the greeting has a hash', ['X', null, 'One'], ['X', A, 'Two']],
    ['a hash after a name without one', ['X', null, 'One'], ['X', A, 'One']],
    ['a hash without a name after a name', ['X', null, 'One'], ['X', A, null]],
    ['another chain of a node without a peer id', [null, null, 'One'], [null, null, 'Two']],
  ])('is of another node: %s', (_, known, other) => {
    expect(isOtherNode(said(known), said(other))).toBe(true);
  });

  it.each<[string, Who, Who]>([
    ['the same', ['X', A, 'One'], ['X', A, 'One']],
    ['another name of the same genesis hash', ['X', A, 'One'], ['X', A, 'Two']],
    ['the first', [null, null, null], ['X', A, 'One']],
    ['a peer id at last', [null, A, 'One'], ['X', A, 'One']],
    ['a chain at last', ['X', null, null], ['X', null, 'One']],
    ['a hash at last, without a name before', ['X', null, null], ['X', A, 'One']],
    ['less than before', ['X', A, 'One'], [null, null, null]],
    ['the name without the hash', ['X', A, 'One'], ['X', null, 'One']],
    ['a name where the known has a hash only', ['X', A, null], ['X', null, 'One']],
  ])('is of the same node: %s', (_, known, other) => {
    expect(isOtherNode(said(known), said(other))).toBe(false);
  });
});
