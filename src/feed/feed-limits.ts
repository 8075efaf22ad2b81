import { Injectable } from '@nestjs/common';

const KIB = 1024;
const MIB = 1024 * KIB;

/** The largest frame that a client may send: requests are a few hundred bytes. */
export const MAX_INBOUND_BYTES = 64 * KIB;

/** What one subscriber may cost the others. Each bound has a metric that tells when it was met. */
@Injectable()
export class FeedLimits {
  /**
   * Sockets at once that are served; more are refused with 503 before the handshake. Those that wait for their token
   * do not count, and are let in when they show it.
   */
  sockets = 1_000;
  /** Sockets at once that wait for their token, where one is needed; beyond it the oldest makes room: 1013. */
  waitingSockets = 100;
  /** The same of one address, or one /64 of IPv6, so that one of them cannot drive the others out. */
  waitingSocketsOfAddress = 16;

  /** Subscriptions of a socket; another is answered with an error. */
  subscriptionsPerSocket = 100;

  /** Requests that a socket may send at once, and a second from then on; beyond that it is closed with 1008. */
  requestBurst = 500;
  requestsPerSecond = 20;
  /** One for an aggregate, which goes through all that is cached of its pair, counts as so many. */
  aggregateRequests = 5;

  /** A frame that we send ends with the row that reaches one of these. */
  frameRows = 1_000;
  frameBytes = 256 * KIB;

  /** Nothing is sent to a socket while so much waits to be taken by its client. */
  unsentBytes = MIB;

  /** The same of all sockets: none is sent anything while so much waits, */
  unsentBytesOfAll = 128 * MIB;
  /** none of an address while so much waits for that, */
  unsentBytesOfAddress = 64 * MIB;
  /** and a client that has taken nothing for so long is dropped then. */
  crowdedStalledMs = 5_000;
  /** All sockets together are sent so much a second, on average. */
  sentBytesPerS = 64 * MIB;
  /** A socket is not read while so many of its frames wait for their turn. */
  inboxFrames = 8;

  /** A client has so long to show its token, where one is needed. */
  tokenMs = 10_000;

  /** A client is pinged so often, */
  pingEveryMs = 5_000;
  /** and dropped when no byte has come from it for so long, */
  silentMs = 60_000;
  /** or when it has taken nothing of what waits for it for so long. */
  stalledMs = 30_000;

  /** Pairs that are filled from the database at the same time: each takes one of the readers' connections. */
  fillsAtOnce = 2;
  /** Before a fill that failed is tried again. */
  fillAgainMs = 1_000;

  /** For so long at once sockets have their turns, and an aggregate takes in what is cached, while all else waits. */
  sliceMs = 4;

  /** Rows are fetched from the database in pieces of about this size. */
  fetchBytes = 2 * MIB;
}
