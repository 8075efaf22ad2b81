import { READ_AGAIN_MS } from '../storage/index.js';
import { Aggregation } from './aggregate/index.js';
import { observationOf } from './messages/observations.js';
import type { RawMessage } from './messages/raw-messages.js';
import { Sources } from './messages/sources.js';

const READ_AGAIN_US = READ_AGAIN_MS * 1000;

/** More ids are not remembered: the messages are read again, and change nothing. */
const MAX_IDS = 200_000;

/** What is known of the messages that were read: those of open minutes, and their context. */
export class Memory {
  readonly aggregation = new Aggregation();
  readonly sources = new Sources();

  /**
   * Adds messages; those of unknown nodes are ignored.
   *
   * @returns when those arrived that arrived before a time: microseconds since the epoch
   */
  add(messages: readonly RawMessage[], before = -Infinity): number[] {
    const early: number[] = [];
    for (const message of messages) {
      const source = this.sources.of(message);
      if (source === undefined) continue;
      this.aggregation.add(observationOf(message, source));
      if (message.receivedAt < before) early.push(message.receivedAt);
    }
    return early;
  }
}

/** What an aggregator remembers between two passes. */
export class PassMemory extends Memory {
  /** Ids of messages that the next pass would read again, by the end of the pass that read them. */
  private readonly recent = new Map<number, number[]>();
  /** Results were written of the messages that were stored until then: microseconds since the epoch. */
  resultsUntil = -Infinity;

  /** @param storedUntil messages stored until then were read: text by the database, exactly */
  constructor(public storedUntil: string) {
    super();
  }

  /** Ids of messages that need not be read again. */
  get known(): number[] {
    return [...this.recent.values()].flat();
  }

  /** @param readAt the end of the pass: microseconds since the epoch */
  knows(messages: readonly RawMessage[], readAt: number): void {
    let size = 0;
    for (const { length } of this.recent.values()) size += length;
    const ids = this.recent.get(readAt) ?? [];
    for (const { id } of messages.slice(0, Math.max(0, MAX_IDS - size))) ids.push(id);
    this.recent.set(readAt, ids);
  }

  /** Ends a pass: forgets what the next one does not need. */
  passed(storedUntil: string, storedUntilUs: number): void {
    this.storedUntil = storedUntil;
    for (const readAt of this.recent.keys())
      if (readAt < storedUntilUs - READ_AGAIN_US) this.recent.delete(readAt);
    this.sources.refresh();
  }
}
