import { Logger } from '@nestjs/common';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { validate as isUuid } from 'uuid';
import { DirectoryLock } from '../../platform/lock/index.js';
import { type GapRecord, readGapRecord } from '../gaps/gap-record.js';
import { type Heartbeat, readHeartbeat } from './heartbeat.js';
import { GAPS_FILE, HEARTBEAT_FILE, removeFolder } from './observer-folder.js';

/** What a process that is gone has left. Its lock is ours. */
export interface LeftFolder {
  heartbeat: Heartbeat;
  gaps: GapRecord[];
  /** To be called when others have what is in it. */
  remove: () => Promise<void>;
  /** Leaves it for another process. */
  release: () => void;
}

/** Finds the directories of processes that are gone. */
export class LeftFolders {
  private readonly logger = new Logger('Observer');
  /** That this version cannot read, and of which that has been logged. */
  private readonly unreadable = new Set<string>();

  constructor(private readonly root: string) {}

  /** The ids of those that no process holds, oldest first. */
  async ids(): Promise<string[]> {
    const ids: string[] = [];
    for (const id of (await namesIn(this.root)).sort()) {
      if (!isUuid(id) || this.unreadable.has(id)) continue;
      if (!DirectoryLock.isHeld(join(this.root, id))) ids.push(id);
    }
    return ids;
  }

  /**
   * Takes one over.
   *
   * @returns undefined where another process was faster, or there is nothing in it
   * @throws errors of the file system
   */
  async take(id: string): Promise<LeftFolder | undefined> {
    const path = join(this.root, id);
    const lock = acquireIfFree(path);
    if (lock === undefined) return undefined;
    try {
      const text = await readIfThere(join(path, HEARTBEAT_FILE));
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
      this.logger.warn(
        `${path} cannot be read and is skipped: the end of its process is not known.`,
      );
    } catch (error) {
      lock.release();
      throw error;
    }
    lock.release();
    return undefined;
  }

  private async gapsIn(path: string): Promise<GapRecord[]> {
    const file = join(path, GAPS_FILE);
    const text = await readIfThere(file);
    if (text === undefined) return [];
    const values = listIn(text);
    const gaps = values.map(readGapRecord).filter((gap) => gap !== undefined);
    if (gaps.length < values.length) this.logger.error(`${file} is damaged: gaps in it are lost.`);
    return gaps;
  }
}

/** What is no list is one thing that cannot be read. */
function listIn(text: string): unknown[] {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : [value];
  } catch {
    return [undefined];
  }
}

/** Undefined where a process holds it, or it is gone. */
function acquireIfFree(path: string): DirectoryLock | undefined {
  try {
    return DirectoryLock.tryAcquire(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function namesIn(directory: string): Promise<string[]> {
  return await unlessMissing(readdir(directory), []);
}

async function readIfThere(path: string): Promise<string | undefined> {
  return await unlessMissing<string | undefined>(readFile(path, 'utf8'), undefined);
}

async function unlessMissing<T>(work: Promise<T>, otherwise: T): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return otherwise;
    throw error;
  }
}
