import { Logger } from '@nestjs/common';
import { createHash } from 'node:crypto';
import { link, mkdir, open, readFile, readdir, realpath, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { DirectoryInUseError } from './directory-in-use.error.js';
import { LOCK_RENEWAL_MS, isAlive, parseHolder, thisProcess, type LockHolder } from './lock-holder.js';

/** Tokens of the locks that this process holds or is about to take. */
const heldHere = new Set<string>();
interface Rival {
  holder: LockHolder;
  /** When its lock was last renewed. */
  lastSeen: Date;
}

export interface DirectoryLockOptions {
  /** Called once when the lock is found to be another's, or removed; without it the log tells. */
  onLost?: (directory: string) => void;
}

const DRAFT_EXPIRY_MS = 60_000;
const WITHOUT_HARD_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'];

/**
 * An exclusive lock on a directory, in the form of a file `lock` in it. The lock of a process that was killed
 * is recognised at once on the same machine; that of another machine or container that shares the directory,
 * 30 seconds after its last sign of life.
 */
export class DirectoryLock {
  private readonly renewal: NodeJS.Timeout;

  private constructor(
    readonly directory: string,
    private readonly token: string,
    private readonly content: string,
    private readonly onLost: (directory: string) => void,
  ) {
    this.renewal = setInterval(() => void this.renew(), LOCK_RENEWAL_MS).unref();
  }

  /**
   * Takes the lock of a directory, which is created where it is missing.
   *
   * @throws DirectoryInUseError if it is held
   */
  static async acquire(
    directory: string,
    { onLost = logLost }: DirectoryLockOptions = {},
  ): Promise<DirectoryLock> {
    await mkdir(directory, { recursive: true });
    const real = await realpath(directory);
    const me = thisProcess();
    const content = JSON.stringify(me);
    const draft = join(real, `lock.${me.token}`);
    heldHere.add(me.token);
    try {
      await writeDurably(draft, content);
      const rival = await claim(join(real, 'lock'), draft, content);
      if (rival !== undefined) throw new DirectoryInUseError(real, rival.holder, rival.lastSeen);
      await removeAbandonedDrafts(real);
      return new DirectoryLock(real, me.token, content, onLost);
    } catch (error) {
      heldHere.delete(me.token);
      throw error;
    } finally {
      await rm(draft, { force: true });
    }
  }

  /** The process that holds a directory, if there is one. */
  static async holder(directory: string): Promise<LockHolder | undefined> {
    const real = await realpath(directory).catch(() => directory);
    const found = await look(join(real, 'lock'));
    return found?.isHeld === true ? found.holder : undefined;
  }

  /** Gives the directory free. A second call does nothing. */
  async release(): Promise<void> {
    if (!heldHere.delete(this.token)) return;
    clearInterval(this.renewal);
    const path = join(this.directory, 'lock');
    if ((await readIfThere(path)) === this.content) await rm(path, { force: true });
  }

  /** A process that was frozen for long finds that another has taken over, whose lock it must not renew. */
  private async renew(): Promise<void> {
    const path = join(this.directory, 'lock');
    try {
      const found = await readIfThere(path);
      if (!heldHere.has(this.token)) return;
      if (found !== this.content) {
        this.lose();
        return;
      }
      const now = new Date();
      await utimes(path, now, now);
    } catch {
      // What cannot be read or touched for now is tried the next time.
    }
  }

  private lose(): void {
    heldHere.delete(this.token);
    clearInterval(this.renewal);
    this.onLost(this.directory);
  }
}

function logLost(directory: string): void {
  new Logger(DirectoryLock.name).error(
    `The lock of ${directory} is lost: another process has taken it, or it was removed. Stop one of them.`,
  );
}

/**
 * Puts `draft` in the place of a lock file that is missing or left behind; the answer is who holds it instead.
 *
 * A stale file is replaced under a second lock that is named after its content. Nobody else replaces that
 * content meanwhile, so of any number of processes that find it stale, one wins. Should the winner be killed
 * halfway, its second lock is stale in turn and replaced by the same rule.
 */
async function claim(path: string, draft: string, content: string): Promise<Rival | undefined> {
  for (;;) {
    if (await place(draft, path, content)) return undefined;
    const found = await look(path);
    if (found === undefined) continue;
    if (found.isHeld) return found;
    const guard = `${path}.${createHash('sha256').update(found.content).digest('hex').slice(0, 16)}`;
    const rival = await claim(guard, draft, content);
    if (rival !== undefined) return rival;
    try {
      if ((await readIfThere(path)) !== found.content) continue;
      // A rename of one hard link over another of the same file would do nothing: the guard may be one of `draft`.
      await rename(await copyOf(draft, content), path);
      return undefined;
    } finally {
      await rm(guard, { force: true });
    }
  }
}

/** The lock file at `path`, if there is one. */
async function look(path: string): Promise<(Rival & { content: string; isHeld: boolean }) | undefined> {
  const content = await readIfThere(path);
  const file = await stat(path).catch(() => undefined);
  if (content === undefined || file === undefined) return undefined;
  // Content that cannot be read is being written, or was lost with the machine: its age decides.
  const holder = parseHolder(content) ?? {
    ...thisProcess(),
    pid: 0,
    host: '(unknown)',
    since: file.mtime.toISOString(),
    token: '',
  };
  const isHeld = isAlive(holder, Date.now() - file.mtimeMs, heldHere.has(holder.token));
  return { content, holder, isHeld, lastSeen: file.mtime };
}

/** Creates `path` with all of its content at once, unless it exists. */
async function place(draft: string, path: string, content: string): Promise<boolean> {
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    if (!WITHOUT_HARD_LINKS.includes(code)) throw error;
  }
  try {
    await writeDurably(path, content);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Of processes that were killed while they took the lock. */
async function removeAbandonedDrafts(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    if (!name.startsWith('lock.')) continue;
    const path = join(directory, name);
    const file = await stat(path).catch(() => undefined);
    if (file !== undefined && Date.now() - file.mtimeMs > DRAFT_EXPIRY_MS) await rm(path, { force: true });
  }
}

async function copyOf(draft: string, content: string): Promise<string> {
  const copy = `${draft}.copy`;
  await writeDurably(copy, content);
  return copy;
}

async function writeDurably(path: string, content: string): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
