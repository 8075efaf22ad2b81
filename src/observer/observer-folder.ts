import { closeSync, openSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DirectoryLock, emptyProcessFolder, makeDirectory } from '../platform/lock/index.js';
import type { CollectorIdentity } from '../storage/index.js';
import { type GapRecord, isCollector } from './gaps.js';

/** Bytes. All heartbeats have the same length, so that each overwrites the one before. */
const HEARTBEAT_LENGTH = 256;

const VERSION = 1;

/** Until when a process has accepted nodes. */
export interface Heartbeat {
  collector: CollectorIdentity;
  /** Whether it was a graceful stop. */
  stopped: boolean;
  /** By the database's clock: milliseconds. */
  databaseMs: number;
  /** Whether the database's clock was known. Otherwise the time is by the local clock. */
  measured: boolean;
}

/** One write without fsync: the kernel outlives the process, and the next heartbeat follows soon. */
function writeHeartbeatTo(file: number, { collector, stopped, databaseMs, measured }: Heartbeat): void {
  const text = JSON.stringify({
    version: VERSION,
    collector: { id: collector.id, number: collector.number },
    stopped,
    database_ms: Math.round(databaseMs),
    measured,
  });
  writeSync(file, `${text.padEnd(HEARTBEAT_LENGTH - 1)}\n`, 0);
}

/** Undefined if it was written by another version, or cannot be read. */
export function readHeartbeat(text: string): Heartbeat | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const {
    version,
    collector,
    stopped,
    database_ms: databaseMs,
    measured,
  } = (value ?? {}) as Record<string, unknown>;
  return version === VERSION && isCollector(collector) && Number.isFinite(databaseMs)
    ? {
        collector,
        stopped: stopped === true,
        databaseMs: databaseMs as number,
        measured: measured === true,
      }
    : undefined;
}

export const HEARTBEAT_FILE = 'heartbeat.json';
export const GAPS_FILE = 'gaps.json';

/**
 * The folder of one process: its heartbeat, and the gaps that are not stored yet. It is locked while the process lives.
 * A kill of the process loses nothing of it; a power failure may lose what the kernel had not written.
 */
export class ObserverFolder {
  private file: number | undefined;
  private gaps = '[]';

  private constructor(
    private readonly path: string,
    private readonly lock: DirectoryLock,
  ) {}

  /**
   * @param onLost called once if it was removed or replaced
   * @throws errors of the file system
   */
  static async create(root: string, id: string, onLost: () => void): Promise<ObserverFolder> {
    const path = join(root, id);
    makeDirectory(path, 0o700);
    return new ObserverFolder(path, await DirectoryLock.acquire(path, { onLost }));
  }

  /** @throws errors of the file system */
  writeHeartbeat(heartbeat: Heartbeat): void {
    this.file ??= openSync(join(this.path, HEARTBEAT_FILE), 'w', 0o600);
    writeHeartbeatTo(this.file, heartbeat);
  }

  /**
   * Replaces the file of gaps, if they have changed.
   *
   * @throws errors of the file system
   */
  saveGaps(records: readonly GapRecord[]): void {
    const text = JSON.stringify(records);
    if (text === this.gaps) return;
    const path = join(this.path, GAPS_FILE);
    writeFileSync(`${path}.new`, text, { mode: 0o600 });
    renameSync(`${path}.new`, path);
    this.gaps = text;
  }

  /** To be called if it is lost. */
  abandon(): void {
    this.close();
    this.lock.release();
  }

  /** Leaves it to other processes; one without a heartbeat is removed. */
  async release(): Promise<void> {
    const hasHeartbeat = this.file !== undefined;
    this.close();
    if (!hasHeartbeat) await removeFolder(this.path, this.lock);
    else this.lock.release();
  }

  private close(): void {
    if (this.file !== undefined) closeSync(this.file);
    this.file = undefined;
  }
}

/**
 * Removes the files of a locked folder, its lock, and the folder itself if possible: an empty one does no harm.
 *
 * @throws errors of the file system, if files remain
 */
export async function removeFolder(path: string, lock: DirectoryLock): Promise<void> {
  emptyProcessFolder(path, lock, [HEARTBEAT_FILE, GAPS_FILE, `${GAPS_FILE}.new`]);
  await rmdir(path).catch(() => undefined);
}
