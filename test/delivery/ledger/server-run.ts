/** One process of a server. */
export interface ServerRun {
  replica: number;
  /** Milliseconds since the epoch. A socket that was opened after that, and before the next start, is its. */
  startedAt: number;
  /** When it was killed, where it was. */
  killedAt: number | undefined;
  /** Messages that it had read when it was last asked. */
  read: number;
  /** Whether it has read no more than that: it was asked when all nodes had said goodbye. */
  exactly: boolean;
  /** Rejected messages that it counted without keeping their heads. */
  notKept: number;
  /** Resident memory at its highest. */
  peakMib?: number;
}
