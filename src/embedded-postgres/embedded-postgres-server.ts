import type { LoggerService } from '@nestjs/common';
import pg from 'pg';
import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { DirectoryLock } from '../platform/lock/index.js';
import { binariesFor, locateBinaries } from './binaries.js';
import { createCluster, findCluster, ownerOf } from './cluster.js';
import { databaseUrl, type DataLayout, lastPort, layoutOf, readIfThere, writeSecret } from './data-layout.js';
import { EmbeddedPostgresStartError } from './errors.js';
import { isPostmasterOf, Postmaster, type PostmasterFile, readPostmasterFile } from './postmaster.js';
import { canEnter, isRoot, postgresAccount, type SystemAccount } from './system-account.js';

/** The data directory was removed or replaced while the server ran, or its lock file was. */
export class DataDirLostError extends Error {
  override readonly name = 'DataDirLostError';

  constructor(dataDir: string) {
    super(
      `DATA_DIR is lost: the lock file in ${dataDir} was removed or replaced, so another server could use the ` +
        `database there. PostgreSQL was stopped immediately, and the server stops. Make sure that no other server ` +
        `uses this DATA_DIR, and start the server again.`,
    );
  }
}

export interface EmbeddedPostgresOptions {
  /** Where it keeps its files; created where it is missing. */
  dataDir: string;
  logger: Pick<LoggerService, 'log' | 'warn'>;
  /** Connections that it takes at the same time, at most. */
  maxConnections?: number;
  /** Only as root: where the system user `postgres` finds what it cannot reach elsewhere. */
  systemDir?: string;
}

/**
 * The PostgreSQL that the server runs for itself where it is not given another one. It listens on 127.0.0.1
 * only and asks for a password, which lies in the data directory.
 */
export class EmbeddedPostgresServer {
  /**
   * Rejects with a DataDirLostError when the data directory was removed, or its lock file was: PostgreSQL is stopped at
   * once then, since another server may start on the same files.
   */
  readonly lost: Promise<never>;
  private stopping: Promise<void> | undefined;
  private isLost = false;
  private reject: (error: DataDirLostError) => void = () => undefined;

  private constructor(
    /** With user, password and port; the database that it names has yet to be created. */
    readonly url: string,
    private readonly postmaster: Postmaster,
    private readonly pid: number,
    private readonly lock: DirectoryLock,
    private readonly logger: Pick<LoggerService, 'warn'>,
  ) {
    this.lost = new Promise((_, reject) => (this.reject = reject));
    // Whoever waits for it learns of it.
    this.lost.catch(() => undefined);
  }

  /**
   * Starts PostgreSQL on the data directory, with a new cluster the first time, and waits until it takes
   * connections. One that an earlier process left running is taken over.
   *
   * @throws DirectoryInUseError if another server works on the data directory
   * @throws UnusableDirectoryError or LockUnavailableError if the data directory cannot be had
   * @throws DataDirLostError if it is removed meanwhile
   * @throws EmbeddedPostgresUnavailableError if PostgreSQL cannot run on this machine or installation
   * @throws EmbeddedPostgresStartError if it can, but fails
   */
  static async start(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgresServer> {
    const dataDir = resolve(options.dataDir);
    let server: EmbeddedPostgresServer | undefined;
    // Not in the cluster, which PostgreSQL owns and which comes into being as a whole.
    const lock = await DirectoryLock.acquire(dataDir, { onLost: () => void server?.lose(dataDir) });
    try {
      const { layout, postmaster, password } = await prepare(dataDir, options);
      const { pid, port } = await startOrTakeOver(postmaster, layout, password, options);
      const url = databaseUrl(password, port);
      server = new EmbeddedPostgresServer(url, postmaster, pid, lock, options.logger);
      if (!lock.isOurs()) {
        await server.lose(dataDir);
        throw new DataDirLostError(dataDir);
      }
      await writeSecret(layout.url, url, layout.fileOwner);
      return server;
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  /**
   * Stops PostgreSQL and gives the data directory free. To be called when the last connection has done its
   * work; further calls wait for the first.
   *
   * @param timeoutS seconds after which connections that still work are cut off
   */
  stop(timeoutS = 15): Promise<void> {
    this.stopping ??= this.stopOnce(timeoutS).finally(() => this.lock.release());
    return this.stopping;
  }

  private async stopOnce(timeoutS: number): Promise<void> {
    // What runs on these files now is another server's.
    if (!this.isLost) await this.postmaster.stop(timeoutS);
  }

  private async lose(dataDir: string): Promise<void> {
    this.isLost = true;
    try {
      await this.postmaster.quit(this.pid);
    } catch (error) {
      this.logger.warn(`PostgreSQL process ${this.pid.toString()} may still be running: ${String(error)}`);
    }
    this.reject(new DataDirLostError(dataDir));
  }
}

async function prepare(
  dataDir: string,
  { logger, systemDir = '/var/lib/tetcore-analytics' }: EmbeddedPostgresOptions,
): Promise<{ layout: DataLayout; postmaster: Postmaster; password: string }> {
  const layout = layoutOf(dataDir);
  let binaries = await locateBinaries();
  let cluster = await findCluster(layout, binaries);
  const account = isRoot() ? await accountFor(cluster) : undefined;
  if ((await ownerOf(dataDir)).uid === account?.uid) layout.fileOwner = account;
  if (account !== undefined) binaries = await binariesFor(account, binaries, systemDir);
  if (cluster === undefined) {
    logger.log(`Creating a database in ${layout.cluster}.`);
    cluster = await createCluster(layout, binaries, account, systemDir, logger);
  } else if (account !== undefined && !(await canEnter(account, cluster))) {
    throw new EmbeddedPostgresStartError(
      `The database in ${cluster} belongs to user id ${account.uid.toString()}, which has no access to that ` +
        `directory, and PostgreSQL cannot run as root. Move DATA_DIR, or change its mode or owner.`,
    );
  }
  const password = await readIfThere(layout.password);
  if (password === undefined) {
    throw new EmbeddedPostgresStartError(`The password of the database is missing: ${layout.password}.`);
  }
  return { layout, postmaster: new Postmaster(binaries, layout, cluster, account), password };
}

/** Whom root runs PostgreSQL as: the owner of the data, be it any user but root, which PostgreSQL refuses. */
async function accountFor(cluster: string | undefined): Promise<SystemAccount> {
  const owner = cluster === undefined ? undefined : await ownerOf(cluster);
  return owner === undefined || owner.uid === 0 ? await postgresAccount() : owner;
}

async function startOrTakeOver(
  postmaster: Postmaster,
  layout: DataLayout,
  password: string,
  { logger, maxConnections = 100 }: EmbeddedPostgresOptions,
): Promise<PostmasterFile> {
  const running = await postmaster.running();
  if (running !== undefined) {
    if (await answers(databaseUrl(password, running.port), postmaster.version, maxConnections)) {
      logger.log(`Took over the PostgreSQL of an earlier process on port ${running.port.toString()}.`);
      return running;
    }
    logger.warn('Stopping the PostgreSQL of an earlier process, because it does not respond correctly.');
    await postmaster.stop(15);
  }
  const started = await postmaster.start(await lastPort(layout), maxConnections);
  logger.log(`PostgreSQL listens on 127.0.0.1:${started.port.toString()} with data in ${layout.cluster}.`);
  return started;
}

/** Whether a running server takes our password, is of our version and allows as many connections as we want. */
async function answers(url: string, version: string, maxConnections: number): Promise<boolean> {
  const connectionString = Object.assign(new URL(url), { pathname: '/postgres' }).href;
  const client = new pg.Client({
    connectionString,
    ssl: false,
    connectionTimeoutMillis: 3000,
    query_timeout: 3000,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ version: string; connections: string }>(
      `SELECT current_setting('server_version') AS version, current_setting('max_connections') AS connections`,
    );
    return version.startsWith(`${rows[0]?.version ?? ''}.`) && Number(rows[0]?.connections) >= maxConnections;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** The PostgreSQL of a data directory, as it is now. */
export interface FoundEmbeddedPostgres {
  /** The real path of its files. */
  cluster: string;
  /** With user, password and port; undefined where it does not run. */
  url: string | undefined;
}

/**
 * Looks for the PostgreSQL that a server has made in a data directory. Starts nothing, and changes nothing.
 *
 * @returns undefined where there is none yet
 * @throws errors of the file system, such as EACCES where it belongs to another user
 */
export async function findEmbeddedPostgres(dataDir: string): Promise<FoundEmbeddedPostgres | undefined> {
  const layout = layoutOf(resolve(dataDir));
  let cluster: string;
  try {
    cluster = await realpath(layout.cluster);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const postmaster = await readPostmasterFile(cluster);
  const password = await readIfThere(layout.password);
  if (postmaster === undefined || password === undefined) return { cluster, url: undefined };
  const runs = postmaster.port > 0 && (await isPostmasterOf(cluster, postmaster.pid));
  return { cluster, url: runs ? databaseUrl(password, postmaster.port) : undefined };
}
