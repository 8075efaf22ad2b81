import type { LoggerService } from '@nestjs/common';
import { randomBytes } from 'node:crypto';
import {
  chown,
  lstat,
  mkdtemp,
  readdir,
  readlink,
  realpath,
  rename,
  rm,
  rmdir,
  stat,
  symlink,
} from 'node:fs/promises';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { accessDenied } from '../platform/errors/index.js';
import { ensureOpenDirectory, type PostgresBinaries } from './binaries.js';
import { DATABASE_USER, readIfThere, writeSecret, type DataLayout } from './data-layout.js';
import { EmbeddedPostgresStartError } from './errors.js';
import { canEnter, type SystemAccount } from './system-account.js';
import { runCommand } from './run-command.js';

const DRAFT_PREFIX = 'postgres.new-';
const DRAFT_EXPIRY_MS = 10 * 60_000;
const GIB = 1024 ** 3;

/** Initial settings in postgresql.conf. Operators can change them there. */
const SETTINGS = {
  shared_buffers: totalmem() < 2 * GIB ? '128MB' : '256MB',
  max_wal_size: '2GB',
  checkpoint_timeout: '15min',
  wal_compression: 'on',
  timezone: 'UTC',
  log_timezone: 'UTC',
};

/**
 * The real path of the cluster in the data directory, or undefined if there is none yet.
 *
 * @throws EmbeddedPostgresStartError if it cannot be used
 */
export async function findCluster(
  layout: DataLayout,
  binaries: PostgresBinaries,
): Promise<string | undefined> {
  const entry = await lstat(layout.cluster).catch(() => undefined);
  if (entry === undefined) return undefined;
  const cluster = await realpath(layout.cluster).catch(async (error: unknown) => {
    const denied = accessDenied(error, await readlink(layout.cluster).catch(() => layout.cluster));
    if (denied !== undefined)
      throw new EmbeddedPostgresStartError(`${layout.cluster} is a link that cannot be followed: ${denied}.`);
    throw new EmbeddedPostgresStartError(
      `${layout.cluster} is a link to a missing database (${(error as Error).message}). ` +
        `Restore the database, or delete the link to start with an empty one.`,
    );
  });
  const version = await readIfThere(join(cluster, 'PG_VERSION'));
  if (version === undefined) {
    const isEmpty = (await readdir(cluster).catch(() => ['a file'])).length === 0;
    if (isEmpty && !entry.isSymbolicLink()) {
      await rmdir(cluster);
      return undefined;
    }
    throw new EmbeddedPostgresStartError(`${layout.cluster} contains files that are not a database.`);
  }
  const own = binaries.version.split('.')[0] ?? '';
  if (version !== own) {
    throw new EmbeddedPostgresStartError(
      `The database in ${layout.cluster} was created by PostgreSQL ${version}, but this server embeds ` +
        `PostgreSQL ${own}. Move the data with pg_dump and pg_restore, or set DATABASE_URL.`,
    );
  }
  return cluster;
}

/** The account that owns a directory. PostgreSQL must run as the owner of its cluster. */
export async function ownerOf(directory: string): Promise<SystemAccount> {
  const { uid, gid } = await stat(directory);
  return { uid, gid };
}

/**
 * Creates a new cluster and its password. It is created as a draft and renamed when it is complete.
 *
 * @param account its owner; undefined: the user of this process
 * @param systemDir directory of the cluster if the account has no access to the data directory
 * @returns its real path
 */
export async function createCluster(
  layout: DataLayout,
  binaries: PostgresBinaries,
  account: SystemAccount | undefined,
  systemDir: string,
  logger: Pick<LoggerService, 'log'>,
): Promise<string> {
  const isPrivate = account !== undefined && !(await canEnter(account, layout.dataDir));
  let home = await realpath(layout.dataDir);
  if (isPrivate) {
    home = join(systemDir, 'clusters');
    await ensureOpenDirectory(account, systemDir);
    await ensureOpenDirectory(account, home);
  }
  await removeAbandonedDrafts(home);

  const draft = await mkdtemp(join(home, DRAFT_PREFIX));
  try {
    const password = randomBytes(24).toString('base64url');
    await writeSecret(layout.password, password, layout.fileOwner);
    const passwordCopy = join(draft, 'password');
    await writeSecret(passwordCopy, password, account);
    if (account !== undefined) await chown(draft, account.uid, account.gid);
    const data = join(draft, 'data');
    await initialize(binaries, data, passwordCopy, account);
    const cluster = isPrivate ? join(home, randomBytes(8).toString('hex')) : join(home, 'postgres');
    await rename(data, cluster);
    if (isPrivate) {
      await symlink(cluster, layout.cluster);
      logger.log(
        `The database is in ${cluster}, and ${layout.cluster} is a link to it: PostgreSQL cannot run as root, ` +
          `and the system user postgres has no access to ${layout.dataDir}.`,
      );
    }
    return cluster;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function initialize(
  binaries: PostgresBinaries,
  data: string,
  passwordFile: string,
  account: SystemAccount | undefined,
): Promise<void> {
  const { exitCode, output } = await runCommand(
    binaries.initdb,
    [
      `--pgdata=${data}`,
      `--username=${DATABASE_USER}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      // Sort order by code point, independent of the platform and the version of its C library.
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--locale=C',
      '--text-search-config=english',
      '--no-instructions',
      ...Object.entries(SETTINGS).flatMap(([name, value]) => ['--set', `${name}=${value}`]),
    ],
    { account },
  );
  if (exitCode !== 0) throw new EmbeddedPostgresStartError('PostgreSQL could not create a database.', output);
}

/** Removes drafts of killed servers. Recent drafts may belong to a running server. */
async function removeAbandonedDrafts(home: string): Promise<void> {
  for (const name of await readdir(home)) {
    if (!name.startsWith(DRAFT_PREFIX)) continue;
    const path = join(home, name);
    const age = await stat(path).then(
      (entry) => Date.now() - entry.mtimeMs,
      () => 0,
    );
    if (age > DRAFT_EXPIRY_MS) await rm(path, { recursive: true, force: true });
  }
}
