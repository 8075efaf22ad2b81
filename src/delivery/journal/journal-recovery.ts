import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { validate as isUuid } from 'uuid';
import { codeOf } from '../../platform/errors/index.js';
import { listProcessFolders } from '../../platform/lock/index.js';
import { AbandonedJournal, type AbandonedJournalOptions } from './abandoned-journal.js';
import { type JournalContents, JournalDirectory } from './journal-directory.js';
import { openBatchBytes, openBatchPath, readOpenBatch } from './open-batch.js';
import { type JournalDamage, RecordReader } from './records.js';

/** Finds and takes over the journals of ended processes. No two processes take over the same. */
export class JournalRecovery {
  /** Ids of directories that are our own, taken over or left alone. */
  private readonly known = new Set<string>();
  private readonly takenOver = new Set<AbandonedJournal>();
  private readonly leftAloneIds = new Set<string>();
  private isClosed = false;

  constructor(
    private readonly root: string,
    ownId: string,
    private readonly options: Omit<AbandonedJournalOptions, 'onEnd' | 'onLeftAlone' | 'onWithheld'>,
  ) {
    this.known.add(ownId);
  }

  /** This process has another directory. If the former one is restored, it is taken over like any other. */
  movedTo(ownId: string, formerId: string): void {
    this.known.add(ownId);
    this.known.delete(formerId);
  }

  /** The size on disk of the journals that were taken over. */
  get bytes(): number {
    let sum = 0;
    for (const journal of this.takenOver) sum += journal.bytes;
    return sum;
  }

  /** The number of journals that are not replayed: this version cannot read them, or they are withheld. */
  get leftAlone(): number {
    return this.leftAloneIds.size;
  }

  /** The names of all journal directories on this volume, in any state. */
  async folders(): Promise<string[]> {
    return (await readdir(this.root)).filter((name) => isUuid(name));
  }

  /**
   * Takes over one journal after the other, the oldest first. May be called again at any time. A journal that cannot be
   * read is left alone, with one warning.
   */
  async *find(): AsyncGenerator<AbandonedJournal, void, undefined> {
    const ids = await this.folders();
    // Another version may have replayed those left alone.
    for (const id of [...this.leftAloneIds].filter((known) => !ids.includes(known))) {
      this.leftAloneIds.delete(id);
      this.known.delete(id);
    }
    for (const id of ids.sort()) {
      if (this.isClosed) return;
      if (this.known.has(id)) continue;
      const journal = await this.takeOver(id);
      if (journal !== undefined) yield journal;
    }
  }

  /** Releases the journals that are not replayed yet. */
  async close(): Promise<void> {
    this.isClosed = true;
    for (const journal of [...this.takenOver]) await journal.release();
  }

  private async takeOver(id: string): Promise<AbandonedJournal | undefined> {
    this.known.add(id);
    try {
      const directory = await JournalDirectory.takeOver(this.root, id);
      if (directory === undefined) {
        this.known.delete(id);
        return undefined;
      }
      const journal = await AbandonedJournal.open(directory, {
        ...this.options,
        onLeftAlone: () => this.leftAloneIds.add(id),
        onWithheld: (reason) => {
          // It is taken over again and again, and logged once.
          if (this.leftAloneIds.has(id)) return;
          this.leftAloneIds.add(id);
          this.options.logger.warn(`The journal ${join(this.root, id)} is left alone: ${reason}`);
        },
        onEnd: (unreadable) => {
          this.takenOver.delete(journal);
          if (!unreadable) this.known.delete(id);
        },
      });
      this.takenOver.add(journal);
      return journal;
    } catch (error) {
      // It stays known, so that this is logged once.
      this.leftAloneIds.add(id);
      this.options.logger.warn(`The journal ${join(this.root, id)} is left alone: ${String(error)}`);
      return undefined;
    }
  }
}

/** What an abandoned journal contains. */
export interface JournalSummary {
  path: string;
  /** Readable batches, including those that were stored before the process ended. */
  batches: number;
  /** On disk. */
  bytes: number;
  /** Bytes that cannot be read as batches. */
  damaged: number;
  /** Messages in the damaged bytes, as far as their number can be read. */
  damagedMessages: number;
  /** The error, if it cannot be read at all. */
  unreadable?: string;
}

/**
 * Reads the abandoned journals of a volume, oldest first, and changes nothing.
 *
 * @param root the parent of all journal directories; it need not exist
 */
export async function inspectAbandonedJournals(root: string): Promise<JournalSummary[]> {
  const found: JournalSummary[] = [];
  for (const id of await listProcessFolders(root)) {
    const summary = await inspect(root, id);
    if (summary !== undefined) found.push(summary);
  }
  return found;
}

async function inspect(root: string, id: string): Promise<JournalSummary | undefined> {
  try {
    const contents = await JournalDirectory.inspect(root, id);
    return contents === undefined ? undefined : await summarize(contents);
  } catch (error) {
    // A server has taken it over and removed it meanwhile.
    if (codeOf(error) === 'ENOENT') return undefined;
    const unreadable = error instanceof Error ? error.message : String(error);
    return { path: join(root, id), batches: 0, bytes: 0, damaged: 0, damagedMessages: 0, unreadable };
  }
}

async function summarize({ path, format, segments }: JournalContents): Promise<JournalSummary> {
  const open = openBatchPath(path);
  const bytes = segments.reduce((sum, { size }) => sum + size, await openBatchBytes(open));
  const summary = { path, batches: 0, bytes, damaged: 0, damagedMessages: 0 };
  if (format === undefined) return summary;
  const onDamage = ({ bytes: lost, messages = 0 }: JournalDamage): void => {
    summary.damaged += lost;
    summary.damagedMessages += messages;
  };
  const messagesIn = (payload: Buffer): number | undefined => format.messagesIn(payload);
  for (const segment of segments) {
    for await (const record of RecordReader.read(segment.path, format.marker, messagesIn)) {
      if ('payload' in record) summary.batches += 1;
      else onDamage(record);
    }
  }
  if ((await readOpenBatch(open, format, onDamage)) !== undefined) summary.batches += 1;
  return summary;
}
