/** A connection of a peer, and between which times it may have messages. */
export interface ConnectionSpan {
  id: number;
  /** The number of the server process that held it. */
  collector: number;
  audit: boolean;
  ip_addr: string;
  /** Milliseconds since the epoch: included. */
  from: number;
  /** Excluded. */
  to: number;
}

/** The part of a span that is read at once. */
export interface Segment {
  connection: ConnectionSpan;
  from: number;
  to: number;
  /** How long the next one may be: milliseconds. */
  nextLength: number;
}
