import type { Random } from '../../../src/simulator/random/random.js';
import { CHAIN, NUMBERED, peerIdOf } from '../../delivery/fleet/numbered-message.js';

export interface DrawnRequest {
  path: string;
  /** Its response is a stream, which is cut when the database goes away. */
  export: boolean;
}

/** Makes a path with its query for a peer. */
type Kind = (peer: string, random: Random) => string;

const MINUTE_MS = 60_000;

const PAGES: readonly Kind[] = [
  (peer) => `/nodes/logs?peer_id=${peer}&limit=100`,
  (peer) => `/nodes/logs?peer_id=${peer}&msg=${NUMBERED}&limit=100`,
  (peer, random) => `/nodes/logs?peer_id=${peer}&order=asc&limit=100&${since(random.between(1, 10))}`,
  () => '/nodes?limit=200',
  () => '/nodes?connected=true&name=numbered-1',
  (peer) => `/nodes/${peer}`,
  (peer) => `/nodes/${peer}/connections?limit=20`,
  (peer) => `/nodes/log_stats?peer_id=${peer}`,
  (peer, random) => `/nodes/log_stats?peer_id=${peer}&${since(random.between(1, 10))}`,
  (peer) => `/nodes/peer_counts?peer_id=${peer}&limit=20`,
  () => '/reputation?max_age_s=600&limit=20',
  () => '/reputation/logged?max_age_s=600&limit=20',
  (peer) => `/reputation/${peer}?max_age_s=600&limit=20`,
  () => '/network',
  () => `/network/${CHAIN}`,
  () => '/stats/db',
  () => '/stats/version',
  () => '/host_systems',
  () => '/benchmarks',
];

const EXPORTS: readonly Kind[] = [
  (peer) => `/nodes/logs?peer_id=${peer}&format=ndjson&order=asc`,
  (peer) => `/nodes/logs?peer_id=${peer}&format=csv&${since(5)}`,
];
const EXPORT_SHARE = 0.1;

/** A random request for a node that exists, of the kinds that dashboards and people send. */
export function drawRequest(random: Random, nodes: number): DrawnRequest {
  const peer = peerIdOf(random.between(0, nodes - 1));
  const isExport = random.chance(EXPORT_SHARE);
  return { path: random.pick(isExport ? EXPORTS : PAGES)(peer, random), export: isExport };
}

function since(minutes: number): string {
  return `start_time=${new Date(Date.now() - minutes * MINUTE_MS).toISOString()}`;
}
