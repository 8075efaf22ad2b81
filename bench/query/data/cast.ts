import { peerId, Random } from '../../../src/simulator/random/random.js';

export const SEED = 20_201_120;
export const DAYS = 10;
export const DAY_MS = 86_400_000;
export const PEERS = 2_000;
/** Of each peer: one after another, without gaps. */
export const CONNECTIONS = 10;
export const REPORTERS = 200;
const ORDINARY = 40;
const HEAVY_ROWS = 100_000;
const EXPORT_ROWS = 1_000_000;
const OTHERS = 1_000;
/** The export peer would be all there is in a smaller database. */
const EXPORT_FROM_ROWS = 5_000_000;

/** A peer, and how many messages of it there are beside those of `system.connected` and `system.network_state`. */
export interface Peer {
  peerId: string;
  rows: number;
  /** Whether it sends to `/audit`. */
  audit: boolean;
  /** Whether its last connection is open. */
  open: boolean;
  /** Where in the day its connections change: milliseconds. */
  offsetMs: number;
  /** It has a message with the rare target once in so many; 0 for never. */
  rareEvery: number;
}

/** Who there is in a database of a size. Those that are measured have the same messages at every size. */
export interface Cast {
  peers: readonly Peer[];
  ordinary: readonly Peer[];
  heavy: Peer;
  /** The one of which everything is read. */
  exported: Peer;
  /** They send `system.network_state`. */
  reporters: readonly Peer[];
  /** Peer ids that nodes know of and that have never connected here. */
  others: readonly string[];
}

/** @param rows messages in the database, of all peers together */
export function castOf(rows: number, otherRows: number): Cast {
  const random = new Random(SEED, 'peers');
  const peers = Array.from({ length: PEERS }, (_, index) => peerOf(index, random));
  const [heavy, exported, ...others] = peers as [Peer, Peer, ...Peer[]];
  const ordinary = others.slice(0, ORDINARY);
  heavy.rows = HEAVY_ROWS;
  for (const peer of ordinary) {
    peer.rows = random.between(2_500, 5_000);
    peer.rareEvery = Math.floor(peer.rows / 5);
  }
  const big = rows >= EXPORT_FROM_ROWS;
  const filler = others.slice(ORDINARY);
  if (big) exported.rows = EXPORT_ROWS;
  else filler.push(exported);
  const left = rows - otherRows - peers.reduce((sum, peer) => sum + peer.rows, 0);
  if (left < filler.length) throw new RangeError(`Of ${rows.toString()} rows none are left for most peers.`);
  filler.forEach((peer, index) => {
    peer.rows = Math.floor(left / filler.length) + (index < left % filler.length ? 1 : 0);
  });
  const reporters = others.slice(ORDINARY, ORDINARY + REPORTERS);
  for (const peer of reporters) Object.assign(peer, { open: true, audit: false });
  const strange = new Random(SEED, 'others');
  return {
    peers,
    ordinary,
    heavy,
    exported: big ? exported : heavy,
    reporters,
    others: Array.from({ length: OTHERS }, () => peerId(strange, 'key')),
  };
}

function peerOf(index: number, random: Random): Peer {
  return {
    peerId: peerId(random, index % 5 === 0 ? 'hash' : 'key'),
    rows: 0,
    audit: index % 20 === 9,
    open: index % 3 !== 1,
    offsetMs: random.between(1, DAY_MS - 1),
    rareEvery: 0,
  };
}
