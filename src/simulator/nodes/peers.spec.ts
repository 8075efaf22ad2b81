import { describe, expect, it } from 'vitest';
import { Random } from '../random/random.js';
import { Peers } from './peers.js';

const directory = Array.from({ length: 30 }, (_, index) => ({
  peerId: `peer-${index}`,
  address: '/ip4/192.0.2.1/tcp/30333',
  versionString: '',
}));
const plan = { known: 20, connected: [4, 8], notConnected: [3, 6], banned: 0.1 } as const;
const makePeers = (known = 20, first = 25) =>
  new Peers(directory, first, 'peer-27', { ...plan, known }, new Random('peers'));

describe('the peers of a node', () => {
  it('have the configured number, without duplicates and itself', () => {
    for (const [known, first] of [
      [20, 25],
      [29, 27],
      [29, 28],
      [100, 0],
    ] as const) {
      const peers = makePeers(known, first);
      const ids = Array.from({ length: peers.known }, (_, index) => peers.at(index).peerId);
      expect(new Set(ids).size).toBe(Math.min(known, 29));
      expect(ids).not.toContain('peer-27');
    }
  });

  it('change within bounds; no peer is both connected and not connected', () => {
    const peers = makePeers();
    const counts = new Set<number>();
    const windows = new Set<string>();
    for (let time = 0; time < 300; time += 1) {
      peers.wander();
      const [connected, others] = [peers.connected(), peers.notConnected()];
      expect(connected.filter((index) => others.includes(index))).toEqual([]);
      expect(connected.every((index) => peers.isConnected(index))).toBe(true);
      expect(connected).toHaveLength(peers.connectedCount);
      counts.add(connected.length);
      windows.add(connected.join());
    }
    expect([...counts].sort()).toEqual([4, 5, 6, 7, 8]);
    expect(windows.size).toBeGreaterThan(20);
  });

  it('have bans that decay', () => {
    const peers = makePeers();
    const all = () => Array.from({ length: peers.known }, (_, index) => peers.reputation(index));
    for (let time = 0; time < 200; time += 1) peers.drift();
    const banned = all().filter((reputation) => reputation < -2_646);
    expect(banned.length).toBeGreaterThan(1);
    expect(new Set(banned).size).toBeGreaterThan(1);
    expect(Math.min(...all())).toBeGreaterThanOrEqual(-(2 ** 31));
  });

  it('can be empty', () => {
    const peers = new Peers(directory.slice(0, 1), 0, 'peer-0', plan, new Random(1));
    peers.wander();
    peers.drift();
    expect([peers.known, peers.connected(), peers.notConnected()]).toEqual([0, [], []]);
  });
});
