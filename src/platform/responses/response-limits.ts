import { Injectable } from '@nestjs/common';

const KIB = 1024;
const MIB = 1024 * KIB;

/** Limits of the memory, database connections and time that clients of the API can use. */
@Injectable()
export class ResponseLimits {
  /** Concurrent reads of pages, in total and per address. The readers' pool has more connections than these and streams. */
  pages = 6;
  pagesOfAddress = 5;
  /** Requests that wait for one of these, in total and per address. */
  waiting = 200;
  waitingOfAddress = 100;
  /** Pipelined responses that wait on one connection. */
  waitingOfConnection = 10;
  /** Maximum waiting time. */
  waitingMs = 30_000;

  /** Part of a response that is buffered, so that its database connection need not wait for the client. */
  bufferBytes = 8 * MIB;
  /** The same in total and per address. */
  bufferedBytes = 96 * MIB;
  bufferedBytesOfAddress = 40 * MIB;
  /** A buffered response whose client has read nothing for this time can be evicted for another. */
  evictHeldAfterMs = 1_000;

  /** Larger responses and exports: each holds a database connection until its client has read all of it. */
  streams = 4;
  streamsOfAddress = 2;
  /** A stream whose client has read nothing for this time can be evicted for another. */
  evictAfterMs = 10_000;
  /** Minimum speed of the client of a stream, averaged over `stallMs` of waiting for it. */
  streamBytesPerS = 4 * KIB;

  /** A response that waited for its client for this time, and whose client read slower than this, can be evicted. */
  evictSlowAfterMs = 60_000;
  evictBytesPerS = 128 * KIB;

  /** A client that reads nothing for this time is disconnected. */
  stallMs = 30_000;
  /** Maximum duration of a response with a limited number of rows, */
  pageTotalMs = 300_000;
  /** and of an export. While it runs, its partitions cannot be dropped. */
  exportTotalMs = 3_600_000;
}
