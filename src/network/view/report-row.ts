import type { NamedMessageType } from '../../storage/index.js';
import type { ConnectedStatus } from '../status/status.js';

/** The types of messages that report the state of a node. */
export const REPORTS = [
  'system.interval',
  'block.import',
  'notify.finalized',
  'txpool.import',
] as const satisfies readonly NamedMessageType[];

/** The origin of old blocks that a syncing node imports: their time does not show how fast they spread. */
export const SYNCING = 'NetworkInitialSync';

/** The state of a node in a message. Each value is text as the node sent it, or null. */
export interface ReportRow {
  id: string;
  connection: number;
  msg: string;
  /** By the clock of the server: microseconds since the epoch, as is `storedAt`. */
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
  /** The name of the chain, as the node reports it. */
  chainName: string | null;
  /** Not part of responses. */
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

/** The status of the node of a connection. Times are microseconds since the epoch. */
export interface StatusRow {
  connection: number;
  status: ConnectedStatus;
  since: number;
  clockWrong: boolean;
  changedAt: number;
}

/** A rate, possibly with a fraction; null if it is not a number. */
export function parseRate(text: string | null): number | null {
  if (text === null || !/^\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i.test(text)) return null;
  const number = Number(text);
  return Number.isFinite(number) ? number : null;
}
