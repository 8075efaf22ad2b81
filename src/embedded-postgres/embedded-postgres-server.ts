import { accessDenied, ifExists } from '../platform/errors/index.js';
import type { LoggerService } from '@nestjs/common';
import pg from 'pg';
import { statSync } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { DirectoryLock, UnusableDirectoryError } from '../platform/lock/index.js';
import { databaseNamed } from '../platform/postgres-url/index.js';
import { binariesFor, locateBinaries } from './binaries.js';
import { createCluster, findCluster, ownerOf } from './cluster.js';
import { DataDirLostError, type DataPlace, isClusterMissing } from './data-dir-lost.error.js';
import { databaseUrl, type DataLayout, lastPort, layoutOf, readIfThere, writeSecret } from './data-layout.js';
import { EmbeddedPostgresStartError } from './errors.js';
import { isPostmasterOf, Postmaster, type PostmasterFile, readPostmasterFile } from './postmaster.js';
import { canEnter, isRoot, postgresAccount, type SystemAccount } from './system-account.js';

/** Between two checks whether the cluster is in place and PostgreSQL runs: milliseconds. */
const CHECK_INTERVAL_MS = 250;

export interface EmbeddedPostgresOptions {
  /** Directory of its files; created if it does not exist. */
  dataDir: string;
  logger: Pick<LoggerService, 'log' | 'warn' | 'error'>;
  /** Maximum number of connections. */
  maxConnections?: number;
  /** Only as root: directory for files that the system user `postgres` cannot access elsewhere. */
  systemDir?: string;
  /** Called when the data directory is locked, before anything is created in it. If it rejects, the start fails. */
  whenLocked?: () => Promise<void>;
}

/**
 * The PostgreSQL that the server runs if there is no `DATABASE_URL`. It listens on 127.0.0.1 only and requires a
 * password, which is in the data directory.
 */
export class EmbeddedPostgresServer {
  /**
   * Rejects with a DataDirLostError when the data directory, its lock file or the cluster is removed. PostgreSQL is then
   * stopped immediately: another server may start on the same files, or there are none to work on.
   */
  readonly lost: Promise<never>;
  private stopping: Promise<void> | undefined;
  private isLost = false;
  private isEndLogged = false;
  private reject: (error: DataDirLostError) => void = () => undefined;
  private readonly watch: NodeJS.Timeout;

  private constructor(
    /** With user, password and port. The database in it may not exist yet. */
    readonly url: string,
    private readonly postmaster: Postmaster,
    private readonly pid: number,
    private readonly lock: DirectoryLock,
    private readonly place: DataPlace,
    private readonly logger: Pick<LoggerService, 'warn' | 'error'>,
  ) {
    this.watch = setInterval(() => void this.check(), CHECK_INTERVAL_MS).unref();
    this.lost = new Promise((_, reject) => (this.reject = reject));
    // Avoids an unhandled rejection while there is no handler.
    this.lost.catch(() => undefined);
  }

  /**
   * Starts PostgreSQL on the data directory, which gets a new cluster the first time, and waits until it accepts
   * connections. Takes over a PostgreSQL of an earlier process.
   *
   * @throws DirectoryInUseError if another server works on the data directory
   * @throws UnusableDirectoryError or LockUnavailableError if the data directory cannot be used
   * @throws DataDirLostError if it is removed during the start
   * @throws EmbeddedPostgresUnavailableError if PostgreSQL cannot run on this machine or installation
   * @throws EmbeddedPostgresStartError if PostgreSQL fails to start
   * @throws errors of `whenLocked`
   */
  static async start(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgresServer> {
    const dataDir = resolve(options.dataDir);
    let server: EmbeddedPostgresServer | undefined;
    // Not in the cluster, which belongs to PostgreSQL and is created atomically.
    const lock = await DirectoryLock.acquire(dataDir, { onLost: () => void server?.lose() });
    try {
      await options.whenLocked?.();
      const { layout, postmaster, password, cluster } = await prepare(dataDir, options);
      const place = { dataDir, cluster, identity: statSync(dataDir, { bigint: true }) };
      const { pid, port } = await startOrTakeOver(postmaster, layout, password, options);
      const url = databaseUrl(password, port);
      server = new EmbeddedPostgresServer(url, postmaster, pid, lock, place, options.logger);
      if (!lock.isOurs()) {
        await server.lose();
        throw new DataDirLostError(server.place);
      }
      await writeSecret(layout.url, url, layout.fileOwner);
      return server;
    } catch (error) {
      clearInterval(server?.watch);
      lock.release();
      // Such as a file that root has created.
      throw accessDenied(error) === undefined ? error : new UnusableDirectoryError(dataDir, error);
    }
  }

  /**
   * Stops PostgreSQL and releases the data directory, after the last connection has finished. Further calls wait for
   * the first.
   *
   * @param timeoutS seconds after which open connections are terminated
   */
  stop(timeoutS = 15): Promise<void> {
    clearInterval(this.watch);
    this.stopping ??= this.stopOnce(timeoutS).finally(() => this.lock.release());
    return this.stopping;
  }

  private async stopOnce(timeoutS: number): Promise<void> {
    // A PostgreSQL on these files now belongs to another server.
    if (!this.isLost) await this.postmaster.stop(timeoutS);
  }

  /** The real path of its files. */
  get cluster(): string {
    return this.place.cluster;
  }

  private async check(): Promise<void> {
    const { cluster } = this;
    // Asynchronous first: a file system that hangs must not block the event loop.
    await stat(cluster).catch(() => undefined);
    const ended = !this.isEndLogged && (await this.postmaster.hasEnded(this.pid));
    if (this.isLost || this.stopping !== undefined) return;
    if (isClusterMissing(cluster)) await this.lose();
    else if (ended) this.logEnd();
  }

  /** The server continues with its journal: it can still receive messages. */
  private logEnd(): void {
    if (this.isEndLogged) return;
    this.isEndLogged = true;
    this.logger.error(
      `The embedded PostgreSQL has ended. Its log is ${this.postmaster.log}. Restart the server.`,
    );
  }

  private async lose(): Promise<void> {
    if (this.isLost) return;
    this.isLost = true;
    clearInterval(this.watch);
    try {
      await this.postmaster.quit(this.pid);
    } catch (error) {
      this.logger.warn(`PostgreSQL process ${this.pid.toString()} may still be running: ${String(error)}`);
    }
    this.reject(new DataDirLostError(this.place));
  }
}

async function prepare(
  dataDir: string,
  { logger, systemDir = '/var/lib/tetcore-analytics' }: EmbeddedPostgresOptions,
): Promise<{ layout: DataLayout; postmaster: Postmaster; password: string; cluster: string }> {
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
  return { layout, postmaster: new Postmaster(binaries, layout, cluster, account), password, cluster };
}

/** The user that runs PostgreSQL if this process is root: the owner of the data, or the system user `postgres`. */
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

/** Whether a running PostgreSQL accepts the password, has the same version, and allows enough connections. */
async function answers(url: string, version: string, maxConnections: number): Promise<boolean> {
  const connectionString = databaseNamed(url, 'postgres');
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

/** The current state of the PostgreSQL of a data directory. */
export interface FoundEmbeddedPostgres {
  /** The real path of its files. */
  cluster: string;
  /** The file with its output. */
  log: string;
  /** With user, password and port; undefined if it is not running. */
  url: string | undefined;
}

/**
 * Finds the embedded PostgreSQL of a data directory. Read-only.
 *
 * @returns undefined if there is none yet
 * @throws errors of the file system, such as EACCES
 */
export async function findEmbeddedPostgres(dataDir: string): Promise<FoundEmbeddedPostgres | undefined> {
  const layout = layoutOf(resolve(dataDir));
  const cluster = await ifExists(realpath(layout.cluster));
  if (cluster === undefined) return undefined;
  const postmaster = await readPostmasterFile(cluster);
  const password = await readIfThere(layout.password);
  if (postmaster === undefined || password === undefined) return { cluster, log: layout.log, url: undefined };
  const runs = postmaster.port > 0 && (await isPostmasterOf(cluster, postmaster.pid));
  return { cluster, log: layout.log, url: runs ? databaseUrl(password, postmaster.port) : undefined };
}
