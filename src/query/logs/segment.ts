/** A connection of a peer, and between which times it may have messages. */
export interface ConnectionSpan {
  id: string;
  ip_addr: string;
  /** Milliseconds since the epoch: included. */
  from: number;
  /** Excluded. */
  to: number;
}

/** The newest part of a span that is read at once, and what of it is older. */
export interface Segment {
  connection: ConnectionSpan;
  from: number;
  to: number;
  /** How long the next, older one may be: milliseconds. */
  nextLength: number;
}

const FIRST_LENGTH_MS = 3_600_000;
const GROWTH = 4;

/** The newest hour of a connection, from now where that comes sooner: its end may lie a day ahead. */
export function newestSegment(connection: ConnectionSpan, now: number): Segment | null {
  return cut(connection, connection.to, Math.min(connection.to, now), FIRST_LENGTH_MS);
}

/** What comes before, and is longer each time: a year takes eight. Null where there is nothing left. */
export function olderSegment({ connection, from, nextLength }: Segment): Segment | null {
  return cut(connection, from, from, nextLength);
}

function cut(connection: ConnectionSpan, to: number, end: number, length: number): Segment | null {
  if (to <= connection.from) return null;
  return { connection, from: Math.max(connection.from, end - length), to, nextLength: length * GROWTH };
}
