import { Injectable } from '@nestjs/common';

const KIB = 1024;
const MIB = 1024 * KIB;

/** What clients that read may take of memory, of the readers' connections, and of time. */
@Injectable()
export class AnswerLimits {
  /** Reads for pages at once, and of one address. The readers' pool has more connections than these and streams. */
  pages = 6;
  pagesOfAddress = 5;
  /** Requests that wait for one of these, and of one address. */
  waiting = 200;
  waitingOfAddress = 100;
  /** Answers that wait for those before them on their connection. */
  waitingOfConnection = 10;
  /** As long as they wait. */
  waitingMs = 30_000;

  /** What of an answer is held in memory, so that its connection need not wait for the client. */
  bufferBytes = 8 * MIB;
  /** The same of all answers, and of those to one address. */
  bufferedBytes = 64 * MIB;
  bufferedBytesOfAddress = 24 * MIB;
  /** One whose client has taken nothing for so long makes room where another needs it. */
  evictHeldAfterMs = 1_000;

  /** Answers that are larger, and exports: each holds a connection until its client has taken all of it. */
  streams = 4;
  streamsOfAddress = 2;
  /** A stream whose client has taken nothing for so long makes room where another needs its place. */
  evictAfterMs = 10_000;
  /** What the client of a stream takes in a second, at least, on average over `stallMs` of waiting for it. */
  streamBytesPerS = 4 * KIB;

  /** An answer whose client was waited for so long, and took less in a second of that, makes room where all is taken. */
  evictSlowAfterMs = 60_000;
  evictBytesPerS = 128 * KIB;

  /** A client that takes nothing for so long is disconnected. */
  stallMs = 30_000;
  /** The same after so long in all: of an answer with a bound on its rows, */
  pageTotalMs = 300_000;
  /** and of an export. While rows are read, no partition that they are in can be dropped. */
  exportTotalMs = 3_600_000;
}
