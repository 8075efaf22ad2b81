import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { validate as isUuid } from 'uuid';
import { JournalDirectory } from './journal-directory.js';
import { OrphanedJournal, type OrphanedJournalOptions } from './orphaned-journal.js';

/** Finds and adopts the journals of processes that are gone. */
export class Orphanage {
  /** Ids of directories that are ours, or are being looked at, or that are left alone. */
  readonly #known = new Set<string>();
  readonly #adopted = new Set<OrphanedJournal>();
  readonly #leftAlone = new Set<string>();
  #closed = false;

  constructor(
    private readonly root: string,
    ownId: string,
    private readonly options: Omit<OrphanedJournalOptions, 'onEnd' | 'onLeftAlone' | 'onWithheld'>,
  ) {
    this.#known.add(ownId);
  }

  /** This process has another directory from now on. The one before is adopted like any other, should it come back. */
  movedTo(ownId: string, formerId: string): void {
    this.#known.add(ownId);
    this.#known.delete(formerId);
  }

  /** On disk, of all that are adopted. */
  get bytes(): number {
    let sum = 0;
    for (const orphan of this.#adopted) sum += orphan.bytes;
    return sum;
  }

  /** How many are there that are not stored: this version cannot read them, or they are withheld. */
  get leftAlone(): number {
    return this.#leftAlone.size;
  }

  /** Names of all, be they ours, adopted or left alone. */
  async folders(): Promise<string[]> {
    return (await readdir(this.root)).filter((name) => isUuid(name));
  }

  /** Adopts one after another, the oldest first. */
  async *find(): AsyncGenerator<OrphanedJournal, void, undefined> {
    const ids = await this.folders();
    // A server that can read them may have stored them meanwhile.
    for (const id of [...this.#leftAlone].filter((known) => !ids.includes(known))) {
      this.#leftAlone.delete(id);
      this.#known.delete(id);
    }
    for (const id of ids.sort()) {
      if (this.#closed) return;
      if (this.#known.has(id)) continue;
      const orphan = await this.#adopt(id);
      if (orphan !== undefined) yield orphan;
    }
  }

  /** Leaves what is not done to other processes. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const orphan of [...this.#adopted]) await orphan.release();
  }

  async #adopt(id: string): Promise<OrphanedJournal | undefined> {
    this.#known.add(id);
    try {
      const directory = await JournalDirectory.adopt(this.root, id);
      if (directory === undefined) {
        this.#known.delete(id);
        return undefined;
      }
      const orphan = await OrphanedJournal.open(directory, {
        ...this.options,
        onLeftAlone: () => this.#leftAlone.add(id),
        onWithheld: (reason) => {
          // It is looked at again and again, and said once.
          if (this.#leftAlone.has(id)) return;
          this.#leftAlone.add(id);
          this.options.logger.warn(`The journal ${join(this.root, id)} is not replayed: ${reason}`);
        },
        onEnd: (unreadable) => {
          this.#adopted.delete(orphan);
          if (!unreadable) this.#known.delete(id);
        },
      });
      this.#adopted.add(orphan);
      return orphan;
    } catch (error) {
      // It stays known, so that this is said once.
      this.#leftAlone.add(id);
      this.options.logger.warn(`The journal ${join(this.root, id)} is not replayed: ${String(error)}`);
      return undefined;
    }
  }
}
