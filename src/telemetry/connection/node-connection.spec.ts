import { beforeEach, describe, expect, it } from 'vitest';
import { NodeConnection } from './node-connection.js';

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

  it('is news with its first message, and then each half minute', () => {
    expect(node.heard(NOW, NOW, 16)).toBe(true);
    node.snapshot(NOW);
    expect(node.heard(NOW + 1, NOW + 1, 16)).toBe(false);
    expect(node.heard(NOW + 29_999, NOW + 29_999, 16)).toBe(false);
    expect(node.heard(NOW + 30_000, NOW + 30_000, 16)).toBe(true);
    node.snapshot(NOW + 30_000);
    expect(node.heard(NOW + 30_001, NOW + 30_001, 16)).toBe(false);
  });

  it('is news with a message that is older than all before, since readers look no further back', () => {
    node.heard(NOW, NOW, 16);
    node.snapshot(NOW);
    expect(node.heard(NOW + 1, NOW - 5_000, 16)).toBe(true);
    expect(node.heard(NOW + 2, NOW - 4_000, 16)).toBe(false);
    expect(node.snapshot(NOW + 2)).toMatchObject({
      firstMessageAt: NOW,
      lastMessageAt: NOW + 2,
      oldestCreatedAt: NOW - 5_000,
      newestCreatedAt: NOW,
    });
  });

  it('is news with the first message of a type, since readers look for no type that the row does not have', () => {
    node.heard(NOW, NOW, 16);
    node.snapshot(NOW);
    expect(node.hasSent(1)).toBe(false);
    expect(node.heard(NOW + 1, NOW + 1, 1)).toBe(true);
    expect(node.hasSent(1)).toBe(true);
    expect(node.heard(NOW + 2, NOW + 2, 1)).toBe(false);
    expect(node.heard(NOW + 3, NOW + 3, 16)).toBe(false);
    expect(node.heard(NOW + 4, NOW + 4, 0)).toBe(true);
    expect(node.snapshot(NOW + 4).types).toEqual([16, 1, 0]);
  });

  it('has the types in a snapshot that it had then', () => {
    node.heard(NOW, NOW, 16);
    const before = node.snapshot(NOW);
    node.heard(NOW + 1, NOW + 1, 17);
    expect(before.types).toEqual([16]);
  });

  it('counts its snapshots, so that a later one is known as such', () => {
    node.heard(NOW, NOW, 16);
    expect([1, 2, 3].map(() => node.snapshot(NOW).revision)).toEqual([1, 2, 3]);
  });

  it('keeps what it knows of a node where a later message leaves it out', () => {
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

  it('says whether a greeting tells anything that it did not know', () => {
    expect(node.identify({ peerId: 'Qm1', name: 'one', chain: null })).toBe(true);
    expect(node.identify({ peerId: 'Qm1', name: 'one', chain: null })).toBe(false);
    expect(node.identify({ peerId: null, name: null })).toBe(false);
    expect(node.identify({ peerId: 'Qm1', name: 'two' })).toBe(true);
    expect(node.snapshot(NOW)).toMatchObject({ peerId: 'Qm1', name: 'two', chain: null });
  });

  it('has the round trip of its socket as it stands', () => {
    const roundTrip: { minUs: number | null } = { minUs: null };
    const measured = new NodeConnection(node.origin, NOW, roundTrip);
    expect([measured.snapshot(NOW).rttUs, node.snapshot(NOW).rttUs]).toEqual([null, null]);
    roundTrip.minUs = 1_234;
    expect(measured.snapshot(NOW).rttUs).toBe(1_234);
  });

  it('is open until it ends, and keeps its origin', () => {
    node.heard(NOW, NOW, 16);
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
