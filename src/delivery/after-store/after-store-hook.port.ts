import type { StoredMessage } from './stored-messages.js';

const MIB = 1024 * 1024;

/**
 * Receives every message after it is stored. It cannot delay or fail the storing of messages: it has its own queue, and
 * its errors are logged and counted (`tetcore_stage_messages_total`). If its queue is full, the newest batch is dropped
 * and counted. Dropped messages are in the database. A destination that must not miss any message is a {@link BatchSink}.
 */
export abstract class AfterStoreHook {
  /** The name in the log and in metrics. */
  get name(): string {
    return this.constructor.name;
  }

  /** The types of messages to receive, such as `block.import`; by default all. */
  readonly types?: ReadonlySet<string>;

  /** The limit of its queue: bytes of messages. */
  readonly queueBytes: number = 16 * MIB;

  /**
   * Called for one batch at a time, in the order of storing. That is not the order of receiving: `NUM_THREADS` writers store
   * in parallel, and retry. Within a batch, messages of a node are in the order in which they were received.
   *
   * @param messages of the requested types; never empty
   * @param signal aborts when the server stops and cannot wait any longer
   * @throws any error: the messages count as failed, and the next ones follow
   */
  abstract handle(messages: readonly StoredMessage[], signal: AbortSignal): void | Promise<void>;
}
