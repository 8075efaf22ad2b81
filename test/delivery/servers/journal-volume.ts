import { execFile } from 'node:child_process';
import { mkdir, open, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const MIB = 1024 * 1024;
const FILLER = 'filler';
const ZEROS = Buffer.alloc(4 * MIB);

/** Where a server has its journal, and can find no room. */
export interface JournalVolume {
  /** How it is done, for the report. */
  readonly how: string;
  /** MiB that there are. */
  readonly sizeMib: number;
  /** From now on the server with this pid can write so many bytes and no more. */
  fill(pid: number, leftBytes: number): Promise<void>;
  free(pid: number): Promise<void>;
  remove(): Promise<void>;
}

/**
 * A volume of its own where we may mount one. Elsewhere the limit on the size of files, which ends a write in the
 * middle as a full disk does, but with EFBIG. Undefined where there is neither.
 */
export async function journalVolume(dataDir: string, mount: boolean): Promise<JournalVolume | undefined> {
  return (
    (mount ? await SmallVolume.mount(join(dataDir, 'journal')) : undefined) ?? (await FileSizeLimit.find())
  );
}

class SmallVolume implements JournalVolume {
  readonly how = 'a volume of 128 MiB that is filled (ENOSPC)';
  readonly sizeMib = 128;

  private constructor(private readonly path: string) {}

  static async mount(path: string): Promise<SmallVolume | undefined> {
    const volume = new SmallVolume(path);
    await mkdir(path, { recursive: true });
    try {
      await run('mount', ['-t', 'tmpfs', '-o', `size=${volume.sizeMib}m`, 'tetcore-test', path]);
      return volume;
    } catch {
      return undefined;
    }
  }

  async fill(_pid: number, leftBytes: number): Promise<void> {
    const { bavail, bsize } = await statfs(this.path);
    const bytes = Math.max(0, bavail * bsize - leftBytes);
    await using filler = await open(join(this.path, FILLER), 'w');
    try {
      for (let left = bytes; left > 0;) {
        left -= (await filler.write(ZEROS, 0, Math.min(left, ZEROS.length))).bytesWritten;
      }
    } catch (error) {
      // What the server writes meanwhile may take the room first: then it is full as well.
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  }

  async free(): Promise<void> {
    await rm(join(this.path, FILLER), { force: true });
  }

  async remove(): Promise<void> {
    await run('umount', ['-l', this.path]);
  }
}

class FileSizeLimit implements JournalVolume {
  readonly how = 'a limit on the size of files (EFBIG)';
  readonly sizeMib = 1024;

  static async find(): Promise<FileSizeLimit | undefined> {
    return await run('prlimit', ['--version']).then(
      () => new FileSizeLimit(),
      () => undefined,
    );
  }

  async fill(pid: number, leftBytes: number): Promise<void> {
    await run('prlimit', [`--pid=${pid}`, `--fsize=${Math.min(leftBytes, MIB)}:`]);
  }

  async free(pid: number): Promise<void> {
    await run('prlimit', [`--pid=${pid}`, '--fsize=unlimited:']);
  }

  async remove(): Promise<void> {
    // There is nothing to remove.
  }
}
