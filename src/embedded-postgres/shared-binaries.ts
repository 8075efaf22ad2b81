import { chmod, cp, lstat, mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { inCopy, type PostgresBinaries } from './binaries.js';
import { EmbeddedPostgresUnavailableError } from './embedded-postgres-unavailable.error.js';
import { canEnter, canRead, canRun } from './reachability.js';
import type { SystemAccount } from './system-account.js';

/**
 * The given programs if an account can run them, or else a copy under `systemDir` that it can: a checkout in
 * a private home directory is closed to other users. Made once for each version, about 60 MB.
 */
export async function binariesFor(
  account: SystemAccount,
  binaries: PostgresBinaries,
  systemDir: string,
): Promise<PostgresBinaries> {
  if (await isUsable(account, binaries)) return binaries;
  const copy = join(systemDir, `postgresql-${binaries.version}`);
  if (!(await exists(copy))) {
    await ensureOpenDirectory(account, systemDir);
    const draft = await mkdtemp(`${copy}.new-`);
    try {
      await cp(binaries.root, draft, { recursive: true, verbatimSymlinks: true });
      await openForReading(draft);
      await rename(draft, copy).catch((error: unknown) => {
        // Another server was faster.
        if (!['EEXIST', 'ENOTEMPTY'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
      });
    } finally {
      await rm(draft, { recursive: true, force: true });
    }
  }
  const copied = inCopy(binaries, copy);
  if (!(await isUsable(account, copied))) {
    throw new EmbeddedPostgresUnavailableError(`the system user postgres has no access to ${copy}.`);
  }
  return copied;
}

/**
 * A directory that everybody may enter and only root may change, created where it is missing.
 *
 * @throws EmbeddedPostgresUnavailableError if it cannot be had
 */
export async function ensureOpenDirectory(account: SystemAccount, directory: string): Promise<void> {
  const remedy = 'install the program and DATA_DIR where the system user postgres has access';
  try {
    const created = await mkdir(directory, { recursive: true });
    if (created !== undefined) await chmod(directory, 0o755);
  } catch (error) {
    throw new EmbeddedPostgresUnavailableError(
      `cannot create ${directory} (${(error as Error).message}).`,
      remedy,
    );
  }
  if (!(await canEnter(account, directory))) {
    throw new EmbeddedPostgresUnavailableError(`the system user postgres has no access to ${directory}.`, remedy);
  }
}

/** Looks at one file of each kind: a strict umask at installation closes all of a kind. */
async function isUsable(account: SystemAccount, binaries: PostgresBinaries): Promise<boolean> {
  const share = join(binaries.root, 'share', 'postgresql', 'postgres.bki');
  const checks = [
    canRun(account, binaries.initdb),
    canRun(account, binaries.pgCtl),
    canRun(account, binaries.postgres),
    canRead(account, join(binaries.root, 'lib')),
    canRead(account, share),
  ];
  return Promise.all(checks).then(
    (answers) => !answers.includes(false),
    () => false,
  );
}

async function openForReading(path: string): Promise<void> {
  const entry = await lstat(path);
  if (entry.isSymbolicLink()) return;
  await chmod(path, entry.isDirectory() || (entry.mode & 0o100) !== 0 ? 0o755 : 0o644);
  if (!entry.isDirectory()) return;
  for (const name of await readdir(path)) await openForReading(join(path, name));
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
