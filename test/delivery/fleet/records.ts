/**
 * How a socket ended, as its node saw it. `closed`: by a close frame of the node, which the server answered.
 * `closed_by_server`: by a close frame of the server. `reset`: the node reset it. `broken`: without a close frame.
 */
export type SocketEnd = 'closed' | 'closed_by_server' | 'reset' | 'broken';

/** One socket of a node: what it gave to the system to send, and what it knows the server has read of that. */
export interface SocketRecord {
  /** Which server it was connected to. */
  replica: number;
  /** Milliseconds since the epoch. */
  openedAt: number;
  endedAt: number;
  end: SocketEnd;
  /** Of the node's messages, the first and the last that went over this socket: all between did as well. */
  first: number;
  /** `first - 1` where none did. */
  last: number;
  /**
   * Answers to pings: up to which message the server had read, and when the answer came. Frames are handled in
   * order, so whatever was sent before a ping has been read when the ping is.
   */
  pongs: { number: number; at: number }[];
}

export interface NodeRecord {
  node: number;
  path: string;
  audit: boolean;
  /** In order. The numbers of one begin behind those of the one before. */
  sockets: SocketRecord[];
  /** Messages that the server cannot store, by number, with the reason that it is to give. */
  bad: Map<number, string>;
}

/** How many sockets ended how. */
export function countEnds(nodes: readonly NodeRecord[]): Record<SocketEnd, number> {
  const ends = { closed: 0, closed_by_server: 0, reset: 0, broken: 0 };
  for (const { sockets } of nodes) for (const { end } of sockets) ends[end] += 1;
  return ends;
}
