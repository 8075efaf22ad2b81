import { Injectable } from '@nestjs/common';

const KIB = 1024;
const MIB = 1024 * KIB;

/** The largest frame that a client can send. Requests have a few hundred bytes. */
export const MAX_INBOUND_BYTES = 64 * KIB;

/** Limits of the resources that subscribers can use. Each limit has a metric that counts when it is reached. */
@Injectable()
export class FeedLimits {
  /**
   * Maximum number of sockets; further handshakes get 503. Sockets that have not authenticated yet do not count, and are
   * accepted when they authenticate.
   */
  sockets = 1_000;
  /** Maximum number of unauthenticated sockets, if a token is needed. Beyond it the oldest is closed with 1013. */
  waitingSockets = 100;
  /** The same per address (IPv6: per /64), so that one address cannot evict all others. */
  waitingSocketsOfAddress = 16;

  /** Subscriptions per socket. A further one gets an error. */
  subscriptionsPerSocket = 100;

  /** Requests of a socket at once, and per second. Beyond that it is closed with 1008. */
  requestBurst = 500;
  requestsPerSecond = 20;
  /** A request for an aggregate counts as this number of requests, since it processes all cached rows of its pair. */
  aggregateRequests = 5;

  /** A frame ends with the row that reaches one of these. */
  frameRows = 1_000;
  frameBytes = 256 * KIB;

  /** Nothing is sent to a socket with this number of unsent bytes. */
  unsentBytes = MIB;

  /** The same for all sockets together, */
  unsentBytesOfAll = 128 * MIB;
  /** and for all sockets of an address. */
  unsentBytesOfAddress = 64 * MIB;
  /** While one of these is reached, a client that has read nothing for this time is disconnected. */
  crowdedStalledMs = 5_000;
  /** Average bytes per second that all sockets together are sent. */
  sentBytesPerS = 64 * MIB;
  /** A socket is not read while this number of its frames waits. */
  inboxFrames = 8;

  /** Time to authenticate, if a token is needed. */
  tokenMs = 10_000;

  /** Interval of pings. */
  pingEveryMs = 5_000;
  /** A client is disconnected if no byte arrived from it for this time, */
  silentMs = 60_000;
  /** or if it has read nothing of its unsent bytes for this time. */
  stalledMs = 30_000;

  /** Pairs that are filled from the database at the same time. Each uses a connection of the readers' pool. */
  fillsAtOnce = 2;
  /** Delay of the retry of a failed fill. */
  fillAgainMs = 1_000;

  /** Time slice of sockets and of aggregates that are filled, in each round of the event loop. */
  sliceMs = 4;

  /** Approximate size of a fetch from the database. */
  fetchBytes = 2 * MIB;
}
