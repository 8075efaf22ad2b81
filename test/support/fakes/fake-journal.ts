import {
  type JournalEntry,
  JournalFullError,
  type JournalMove,
} from '../../../src/delivery/journal/index.js';
import type { JournalService } from '../../../src/delivery/journal.service.js';
import type { Batch } from '../../../src/telemetry/index.js';

/** A journal in memory, as large as it is told to be, which can be made to fail. */
export class FakeJournal implements Pick<
  JournalService,
  'hasRoomFor' | 'append' | 'read' | 'done' | 'holds' | 'oldestId' | 'onMove' | 'onCheck' | 'missingSince'
> {
  readonly batches = new Map<JournalEntry, Batch>();
  /** Free room, in bytes. */
  room = Infinity;
  /** What writing fails with. */
  failure: Error | undefined;
  appended = 0;
  reads = 0;
  missingSince: Date | undefined;
  private readonly moveListeners: ((move: JournalMove) => void)[] = [];
  private readonly checkListeners: (() => void)[] = [];

  /** As what the injector would give. */
  get service(): JournalService {
    return this as unknown as JournalService;
  }

  get oldestId(): string | undefined {
    return [...this.batches.values()][0]?.id;
  }

  hasRoomFor(bytes: number): boolean {
    return this.room >= bytes;
  }

  append(batch: Batch): JournalEntry {
    if (this.failure !== undefined) throw this.failure;
    const length = batch.expiring.tuples.length;
    if (length > this.room) throw new JournalFullError(length, 0, this.room);
    this.room -= length;
    this.appended += 1;
    const entry = { segment: 1, offset: this.appended, length };
    this.batches.set(entry, batch);
    return entry;
  }

  read(entry: JournalEntry): Promise<Batch> {
    this.reads += 1;
    const batch = this.batches.get(entry);
    return batch === undefined ? Promise.reject(new Error('It is not there.')) : Promise.resolve(batch);
  }

  done(entry: JournalEntry): void {
    this.batches.delete(entry);
    this.room += entry.length;
  }

  holds(entry: JournalEntry): boolean {
    return this.batches.has(entry);
  }

  onMove(listener: (move: JournalMove) => void): void {
    this.moveListeners.push(listener);
  }

  onCheck(listener: () => void): void {
    this.checkListeners.push(listener);
  }

  /** As once a second. */
  check(): void {
    for (const listener of this.checkListeners) listener();
  }

  /** As when its directory is removed: nothing is left of what was appended. */
  move(): void {
    const { oldestId } = this;
    for (const entry of this.batches.keys()) this.room += entry.length;
    this.batches.clear();
    for (const listener of this.moveListeners) listener({ from: 'former', to: 'new', oldestId });
  }
}
