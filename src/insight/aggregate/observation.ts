/** A node on one connection, with the numbers of the registry. */
export interface Source {
  chain: number;
  node: number;
  /** The server process of the connection. */
  collector: number;
  /** The address that it connects from. */
  address: string;
  /** Round-trip time of its connection: microseconds; null if it is not measured yet. */
  rttUs: number | null;
}

/** A block that became the best one of a node. */
export interface ImportReport {
  kind: 'import';
  height: number;
  hash: string;
  /** How the node got the block; null if it does not say so. */
  origin: string | null;
}

/** The last block of those that a node finalized. */
export interface FinalizedReport {
  kind: 'finalized';
  height: number;
  hash: string;
}

/** The state that a node sends every few seconds, in one message or in two: of its chain, and of its network. */
export interface StateReport {
  kind: 'state';
  height: number | null;
  finalizedHeight: number | null;
  /** Transactions that wait for a block. */
  txcount: number | null;
  /** Null in a message of the chain. */
  peers: number | null;
  /** Bytes a second. */
  download: number | null;
  upload: number | null;
}

/** Scores of the machine of a node in MB/s, and a number of cores; null where they were not measured. */
export interface Scores {
  cpu: number;
  memory: number;
  diskSequential: number | null;
  diskRandom: number | null;
  parallelCpu: number | null;
  parallelCores: number | null;
}

/** A benchmark of the machine, which a node makes when it starts, and sends on each connection. */
export interface BenchmarkReport {
  kind: 'benchmark';
  scores: Scores;
}

/** What a node reported in one message. Times are microseconds since the epoch. */
export interface Observation {
  source: Source;
  /** By the database's clock. */
  receivedAt: number;
  /** By the node's own clock. */
  createdAt: number;
  /** Null for a message that says only that the node was there. */
  report: ImportReport | FinalizedReport | StateReport | BenchmarkReport | null;
}

export const SECOND_US = 1_000_000;
export const MINUTE_US = 60 * SECOND_US;
export const HOUR_US = 60 * MINUTE_US;
export const DAY_US = 24 * HOUR_US;

/**
 * After so long, all messages that a minute depends on have arrived: a block is live for a minute after it was first
 * seen, and its message may take half a minute.
 */
export const CLOSED_AFTER_US = 90 * SECOND_US;

/** When a minute ends for good: messages that arrive later change nothing. */
export function closingOf(minute: number): number {
  return minute + MINUTE_US + CLOSED_AFTER_US;
}

/** The start of the minute of a time: microseconds since the epoch. */
export function minuteOf(time: number): number {
  return time - (time % MINUTE_US);
}

/** The start of the hour of a time: microseconds since the epoch. */
export function hourOf(time: number): number {
  return time - (time % HOUR_US);
}
