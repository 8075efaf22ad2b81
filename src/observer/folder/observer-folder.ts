import { closeSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DirectoryLock, makeDirectory } from '../../platform/lock/index.js';
import type { GapRecord } from '../gaps/gap-record.js';
import { type Heartbeat, writeHeartbeat } from './heartbeat.js';

export const HEARTBEAT_FILE = 'heartbeat.json';
export const GAPS_FILE = 'gaps.json';

/**
 * The directory of one process: its heartbeat, and the gaps that the database does not have yet. It is locked while the
 * process lives. Killing the process loses nothing of it; losing power may cost what the kernel had not written.
 */
export class ObserverFolder {
  private file: number | undefined;
  private gaps = '[]';

  private constructor(
    private readonly path: string,
    private readonly lock: DirectoryLock,
  ) {}

  /**
   * @param onLost called once where it was removed or replaced
   * @throws errors of the file system
   */
  static async create(root: string, id: string, onLost: () => void): Promise<ObserverFolder> {
    const path = join(root, id);
    makeDirectory(path, 0o700);
    return new ObserverFolder(path, await DirectoryLock.acquire(path, { onLost }));
  }

  /** @throws errors of the file system */
  beat(heartbeat: Heartbeat): void {
    this.file ??= openSync(join(this.path, HEARTBEAT_FILE), 'w', 0o600);
    writeHeartbeat(this.file, heartbeat);
  }

  /**
   * All at once, where something has changed.
   *
   * @throws errors of the file system
   */
  keep(records: readonly GapRecord[]): void {
    const text = JSON.stringify(records);
    if (text === this.gaps) return;
    const path = join(this.path, GAPS_FILE);
    writeFileSync(`${path}.new`, text, { mode: 0o600 });
    renameSync(`${path}.new`, path);
    this.gaps = text;
  }

  /** To be called where it is lost. */
  abandon(): void {
    this.close();
    this.lock.release();
  }

  /** Leaves it for the next process; one without a heartbeat is removed. */
  async release(): Promise<void> {
    const hasBeaten = this.file !== undefined;
    this.close();
    if (!hasBeaten) await removeFolder(this.path, this.lock);
    else this.lock.release();
  }

  private close(): void {
    if (this.file !== undefined) closeSync(this.file);
    this.file = undefined;
  }
}

/** Removes a directory and its lock. */
export async function removeFolder(path: string, lock: DirectoryLock): Promise<void> {
  for (const name of [HEARTBEAT_FILE, GAPS_FILE, `${GAPS_FILE}.new`])
    rmSync(join(path, name), { force: true });
  lock.release({ removeFile: true });
  // Another process that takes the lock meanwhile finds nothing, and removes it.
  await rmdir(path).catch(() => undefined);
}
