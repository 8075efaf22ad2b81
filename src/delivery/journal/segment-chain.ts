import type { LoggerService } from '@nestjs/common';
import type { JournalEntry } from './journal-entry.js';
import { lowerId } from './lower-id.js';
import { Segment } from './segment.js';

/** A segment that still takes batches is removed from this size on, whenever all of its batches are stored. */
const RECYCLED_BYTES = 1024 * 1024;

/** The segments that this process writes: it appends to the last, and removes each when it is not needed. */
export class SegmentChain {
  readonly #segments = new Map<number, Segment>();
  #current: Segment | undefined;
  #lastNumber: number;
  #bytes = 0;
  #entries = 0;

  constructor(
    private readonly directory: string,
    private readonly segmentBytes: number,
    private readonly logger: Pick<LoggerService, 'warn'>,
    /** Of the first segment. */
    firstNumber = 1,
  ) {
    this.#lastNumber = firstNumber - 1;
    this.#start();
  }

  /** On disk. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Of {@link bytes}, those that {@link reclaim} frees. */
  get reclaimable(): number {
    return this.#current?.waiting === 0 ? this.#current.size : 0;
  }

  /** The lowest id of a batch that is on disk, be it stored already. */
  get oldestId(): string | undefined {
    let lowest: string | undefined;
    for (const { lowestId } of this.#segments.values()) lowest = lowerId(lowest, lowestId);
    return lowest;
  }

  /** How many batches are not stored yet. */
  get entries(): number {
    return this.#entries;
  }

  /** The path of a segment; undefined when it is gone. */
  pathOf(number: number): string | undefined {
    return this.#segments.get(number)?.path;
  }

  /** What no segment has had. */
  get nextNumber(): number {
    return this.#lastNumber + 1;
  }

  /**
   * Whether the segment that is written to has its name.
   *
   * @throws errors of the file system
   */
  currentHasItsName(): boolean {
    return this.#current?.hasItsName() ?? true;
  }

  /**
   * The same for all.
   *
   * @throws errors of the file system
   */
  allHaveTheirNames(): boolean {
    for (const segment of this.#segments.values()) if (!segment.hasItsName()) return false;
    return true;
  }

  /** Writes a record at the end. After an error of the file system the next one may well succeed. */
  append(parts: readonly Buffer[], length: number, id: string): JournalEntry {
    try {
      const segment = this.#segmentFor(length);
      const before = segment.size;
      try {
        const offset = segment.append(parts, length, id);
        this.#entries++;
        return { segment: segment.number, offset, length };
      } finally {
        this.#bytes += segment.size - before;
      }
    } catch (error) {
      if (this.#current?.sealed) this.#seal(this.#current);
      // On a full disk, what needs not be kept is in the way.
      this.reclaim();
      throw error;
    }
  }

  done(entry: JournalEntry): void {
    const segment = this.#segments.get(entry.segment);
    if (segment?.done(entry.offset) !== true) return;
    this.#entries--;
    if (segment.finished || (segment.waiting === 0 && segment.size > RECYCLED_BYTES)) this.#remove(segment);
  }

  /** Removes the last segment if all of its batches are stored. */
  reclaim(): void {
    if (this.#current !== undefined && this.reclaimable > 0) this.#remove(this.#current);
  }

  /** Takes no more; the answer is what must stay, safely on disk. */
  async close(): Promise<number> {
    for (const segment of [...this.#segments.values()]) this.#seal(segment);
    for (const segment of this.#segments.values()) await segment.sync();
    return this.#segments.size;
  }

  /** Takes no more, and leaves everything as it is. */
  abandon(): void {
    for (const segment of this.#segments.values()) segment.seal();
  }

  #segmentFor(length: number): Segment {
    const last = this.#current;
    if (last !== undefined && last.size > 0 && last.size + length > this.segmentBytes) this.#seal(last);
    return this.#current ?? this.#start();
  }

  #start(): Segment {
    const segment = Segment.create(this.directory, this.#lastNumber + 1);
    this.#lastNumber++;
    this.#segments.set(segment.number, segment);
    this.#current = segment;
    return segment;
  }

  #seal(segment: Segment): void {
    if (segment === this.#current) this.#current = undefined;
    segment.seal();
    if (segment.finished) this.#remove(segment);
  }

  #remove(segment: Segment): void {
    if (segment === this.#current) this.#current = undefined;
    this.#segments.delete(segment.number);
    this.#bytes -= segment.size;
    try {
      segment.remove();
    } catch (error) {
      this.logger.warn(`${segment.path} could not be removed: ${String(error)}`);
    }
  }
}
