import type { NamedMessageType } from '../../storage/index.js';

/** The types of messages that say something of the state of a node. */
export const REPORTS = [
  'system.interval',
  'block.import',
  'notify.finalized',
  'txpool.import',
] as const satisfies readonly NamedMessageType[];

/** Origin of blocks of the past, which a node fetches: when it has them says nothing of how fast they spread. */
export const CATCHING_UP = 'NetworkInitialSync';

/** What a message says of the state of its node. Each value is text as the node sent it, or null. */
export interface ReportRow {
  id: string;
  connection: number;
  msg: string;
  /** By our clock: microseconds since the epoch, and so `storedAt`. */
  receivedAt: number;
  storedAt: number;
  best: string | null;
  height: string | null;
  origin: string | null;
  finalized_hash: string | null;
  finalized_height: string | null;
  txcount: string | null;
  ready: string | null;
  peers: string | null;
  bandwidth_upload: string | null;
  bandwidth_download: string | null;
}

/** An open connection. Times are microseconds since the epoch. */
export interface ConnectionRow {
  id: number;
  /** The key of its chain: see `chainKeyOf`. */
  chain: string;
  /** As it calls its chain. */
  chainName: string | null;
  /** It is not shown. */
  address: string;
  revision: number;
  peer_id: string | null;
  name: string | null;
  authority: boolean | null;
  implementation: string | null;
  version: string | null;
  startupTime: number | null;
  connectedAt: number;
  lastMessageAt: number;
}

/** A height or a count; null where it is none that a double holds exactly. */
export function wholeNumber(text: string | null): number | null {
  if (text === null || !/^\d{1,16}$/.test(text)) return null;
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : null;
}

/** A rate, which some nodes send with a fraction; null where it is none. */
export function rate(text: string | null): number | null {
  if (text === null || !/^\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i.test(text)) return null;
  const number = Number(text);
  return Number.isFinite(number) ? number : null;
}
