import type { StoredMessage } from './stored-messages.js';

const MIB = 1024 * 1024;

/**
 * Sees every message once it is stored. What it does cannot harm storing: it has a queue of its own, it is not waited
 * for, and what it throws is logged and counted (`tetcore_stage_messages_total`). Where its queue is full, the newest
 * batch is left out and counted: everything is in the database, to be read from there. For what must miss nothing see
 * {@link BatchSink}.
 */
export abstract class AfterStoreHook {
  /** In the log, and in metrics. */
  get name(): string {
    return this.constructor.name;
  }

  /** The types of messages that it wants, such as `block.import`; without it all. */
  readonly types?: ReadonlySet<string>;

  /** How much may wait for it: bytes of messages. */
  readonly queueBytes: number = 16 * MIB;

  /**
   * Called for a batch after the other, once at a time, in the order in which they were stored. Messages of a node
   * come in the order in which they arrived within a batch; batches may overtake each other, since each is written by
   * one of `NUM_THREADS` writers, and again when that failed.
   *
   * @param messages of the types that are wanted; never empty
   * @param signal aborted when the server cannot wait for it any longer
   * @throws anything: the messages count as failed, and the next ones come
   */
  abstract handle(messages: readonly StoredMessage[], signal: AbortSignal): void | Promise<void>;
}
