import { Logger } from '@nestjs/common';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeError, ifExists } from '../platform/errors/index.js';
import { DirectoryLock, listProcessFolders, lockIfAbandoned } from '../platform/lock/index.js';
import type { DatabaseClock } from '../storage/index.js';
import { type Gap, gapOf, type GapRecord, newGap, readGapRecord } from './gaps.js';
import { GAPS_FILE, type Heartbeat, HEARTBEAT_FILE, readHeartbeat, removeFolder } from './observer-folder.js';

/** The folder of an ended process, which this process has locked. */
export interface AbandonedFolder {
  heartbeat: Heartbeat;
  gaps: GapRecord[];
  /** To be called when its gaps are saved elsewhere. */
  remove: () => Promise<void>;
  /** Leaves it to other processes. */
  release: () => void;
}

/** Finds the folders of ended processes. */
export class AbandonedFolders {
  private readonly logger = new Logger('Observer');
  /** Folders that this version cannot read, which was logged. */
  private readonly unreadable = new Set<string>();
  /** Folders that could not be taken over, which was logged. */
  private readonly failed = new Set<string>();

  constructor(private readonly root: string) {}

  /** The ids of the folders that no process holds, oldest first. */
  async ids(): Promise<string[]> {
    const ids: string[] = [];
    for (const id of await listProcessFolders(this.root)) {
      if (!this.unreadable.has(id) && !this.isHeld(id)) ids.push(id);
    }
    return ids;
  }

  /**
   * Takes over all folders that it can. The others are left, and may be retried.
   *
   * @param isWanted called with the id of a folder
   */
  async takeOverAll(isWanted: (id: string) => boolean = () => true): Promise<AbandonedFolder[]> {
    const folders: AbandonedFolder[] = [];
    for (const id of (await this.ids()).filter(isWanted)) {
      try {
        const folder = await this.takeOver(id);
        if (folder !== undefined) folders.push(folder);
        this.failed.delete(id);
      } catch (error) {
        if (!this.failed.has(id)) {
          const path = join(this.root, id);
          this.logger.warn(`${path} cannot be read for now and will be retried: ${describeError(error)}`);
        }
        this.failed.add(id);
      }
    }
    return folders;
  }

  /** If that cannot be checked, it is not held: `takeOver` fails for the same reason. */
  private isHeld(id: string): boolean {
    try {
      return DirectoryLock.isHeld(join(this.root, id));
    } catch {
      return false;
    }
  }

  /**
   * Locks and reads a folder. An empty one is removed.
   *
   * @returns undefined if another process was faster, or if it was empty or cannot be read
   * @throws errors of the file system
   */
  async takeOver(id: string): Promise<AbandonedFolder | undefined> {
    const path = join(this.root, id);
    const lock = lockIfAbandoned(path);
    if (lock === undefined) return undefined;
    try {
      const text = await ifExists(readFile(join(path, HEARTBEAT_FILE), 'utf8'));
      if (text === undefined) {
        await removeFolder(path, lock);
        return undefined;
      }
      const heartbeat = readHeartbeat(text);
      if (heartbeat !== undefined) {
        return {
          heartbeat,
          gaps: await this.gapsIn(path),
          remove: () => removeFolder(path, lock),
          release: () => lock.release(),
        };
      }
      this.unreadable.add(id);
      this.logger.warn(`${path} cannot be read and is skipped: the end of its process is not known.`);
    } catch (error) {
      lock.release();
      throw error;
    }
    lock.release();
    return undefined;
  }

  private async gapsIn(path: string): Promise<GapRecord[]> {
    const file = join(path, GAPS_FILE);
    const text = await ifExists(readFile(file, 'utf8'));
    if (text === undefined) return [];
    const values = listIn(text);
    const gaps = values.map(readGapRecord).filter((gap) => gap !== undefined);
    if (gaps.length < values.length) this.logger.error(`${file} is damaged: gaps in it are lost.`);
    return gaps;
  }
}

/** Anything but an array counts as one value that cannot be read. */
function listIn(text: string): unknown[] {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : [value];
  } catch {
    return [undefined];
  }
}

/** A killed process may have lived this long after its last heartbeat: milliseconds. */
const HEARTBEAT_MARGIN_MS = 1_000;

/**
 * The gaps of an ended process: those that it could not store, of which its own end with its last heartbeat, and the one
 * since then, in which it is down.
 *
 * @param acceptingSince when this process began to accept nodes
 * @param wasGone whether the folder was found before that
 * @returns `isOver`: false if the other process ended after that time. Then this process does not replace it, and the
 *   end of its gap is left to a later one.
 */
export function recoverGaps(
  { heartbeat, gaps }: Pick<AbandonedFolder, 'heartbeat' | 'gaps'>,
  { acceptingSince, wasGone }: { acceptingSince: { monotonicMs: number }; wasGone: boolean },
  clock: DatabaseClock,
): { gaps: Gap[]; isOver: boolean } {
  const { collector, stopped, measured, databaseMs } = heartbeat;
  const lastMs = measured ? databaseMs : clock.databaseTime(databaseMs);
  const last = { databaseMs: lastMs };
  const aliveUntil = lastMs + (stopped ? 0 : HEARTBEAT_MARGIN_MS);
  const isOver = wasGone || aliveUntil <= clock.databaseTimeOf(acceptingSince.monotonicMs);
  const down: Gap = { ...newGap(collector, 'down', last), ended: isOver ? acceptingSince : undefined };
  if (!isOver) return { gaps: [down], isOver };
  const unstored = gaps.map(gapOf).map((gap) => {
    const isOngoing = gap.ended === undefined && gap.cause !== 'down';
    return isOngoing ? { ...gap, ended: last } : gap;
  });
  return { gaps: [...unstored, down], isOver };
}
