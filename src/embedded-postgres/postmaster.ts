import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { constants, open, readFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { codeOf } from '../platform/errors/index.js';
import { LockedFile } from '../platform/lock/index.js';
import type { PostgresBinaries } from './binaries.js';
import { type DataLayout, readIfThere, rotateLog } from './data-layout.js';
import { EmbeddedPostgresStartError } from './errors.js';
import { runCommand } from './run-command.js';
import type { SystemAccount } from './system-account.js';

/** Includes crash recovery of up to max_wal_size on slow disks. */
const START_TIMEOUT_S = 600;
const IMMEDIATE_STOP_TIMEOUT_S = 20;
/** Time for remaining processes of a killed postmaster to end. */
const LEFTOVERS_TIMEOUT_MS = 10_000;
const LEFTOVERS_POLL_MS = 200;
const LOG_EXCERPT_CHARACTERS = 2000;

/**
 * In the cluster: locked by all processes of its PostgreSQL, which inherit the descriptor. PostgreSQL itself detects only
 * processes and shared memory of its own container, and would start on the files of one in another container.
 */
const LOCK_FILE = 'tetcore.lock';

/** The PostgreSQL server process of a cluster. It keeps running if this process ends without stopping it. */
export class Postmaster {
  constructor(
    private readonly binaries: PostgresBinaries,
    private readonly layout: DataLayout,
    /** Real path. */
    private readonly cluster: string,
    private readonly account: SystemAccount | undefined,
  ) {}

  /** Of the programs that it is started from, such as `18.4.0-beta.17`. */
  get version(): string {
    return this.binaries.version;
  }

  /** The file with the output of PostgreSQL. */
  get log(): string {
    return this.layout.log;
  }

  /** The running process, also if an earlier server started it. */
  async running(): Promise<PostmasterFile | undefined> {
    const file = await readPostmasterFile(this.cluster);
    return file !== undefined && (await isPostmasterOf(this.cluster, file.pid)) ? file : undefined;
  }

  /**
   * Starts it on the wanted port, or on a free one if that is taken, and waits until it takes connections.
   *
   * @throws EmbeddedPostgresStartError
   */
  async start(wantedPort: number | undefined, maxConnections: number): Promise<PostmasterFile> {
    const lock = await this.lockCluster();
    try {
      return await this.startLocked(lock, wantedPort, maxConnections);
    } finally {
      // PostgreSQL has it now.
      lock.close();
    }
  }

  /**
   * Whether a process of this cluster has ended. Starts no program, so it can be called often.
   *
   * @param pid of the process as it was started or taken over
   */
  async hasEnded(pid: number): Promise<boolean> {
    // Not process.kill(), which also finds a process that has ended and was not waited for.
    if (process.platform === 'linux') return (await commandLineOf(pid))?.includes(this.cluster) === false;
    return !exists(pid);
  }

  /**
   * Stops it at once, as if the machine lost power: what was committed is replayed at the next start.
   *
   * @param pid of the process as it was started or taken over: its file may be another's by now
   */
  async quit(pid: number): Promise<void> {
    if (!(await isPostmasterOf(this.cluster, pid))) return;
    const args = ['kill', 'QUIT', pid.toString()];
    const { exitCode, output } = await runCommand(this.binaries.pgCtl, args, { account: this.account });
    if (exitCode !== 0) throw new EmbeddedPostgresStartError(`PostgreSQL did not stop.`, output);
  }

  /** @throws EmbeddedPostgresStartError where processes that cannot be seen from here use the cluster */
  private async lockCluster(): Promise<LockedFile> {
    const deadline = Date.now() + LEFTOVERS_TIMEOUT_MS;
    for (;;) {
      const lock = LockedFile.take(join(this.cluster, LOCK_FILE));
      if (lock !== undefined) return lock;
      if (Date.now() > deadline) {
        throw new EmbeddedPostgresStartError(
          `The database in ${this.cluster} is in use by a PostgreSQL in another container or on another machine. ` +
            `Stop that PostgreSQL, even if it is frozen.`,
        );
      }
      await delay(LEFTOVERS_POLL_MS);
    }
  }

  private async startLocked(
    lock: LockedFile,
    wantedPort: number | undefined,
    maxConnections: number,
  ): Promise<PostmasterFile> {
    // Of a PostgreSQL that is gone: it would hold the lock.
    if ((await readPostmasterFile(this.cluster)) !== undefined) await disownPostmasterFile(this.cluster);
    await rotateLog(this.layout);
    const deadline = Date.now() + LEFTOVERS_TIMEOUT_MS;
    let port = await freePort(wantedPort);
    for (;;) {
      const output = await this.tryStart(lock, port, maxConnections);
      if (output === undefined) {
        const started = await this.running();
        if (started !== undefined) return started;
        throw new EmbeddedPostgresStartError(
          'PostgreSQL exited immediately after its start.',
          await this.logFrom(0),
        );
      }
      const portWasTaken = output.includes('could not bind');
      const leftoversRun = output.includes('pre-existing shared memory block');
      if (!(portWasTaken || leftoversRun) || Date.now() > deadline) {
        throw new EmbeddedPostgresStartError(`PostgreSQL did not start; see ${this.layout.log}.`, output);
      }
      if (portWasTaken) port = await freePort();
      else await delay(LEFTOVERS_POLL_MS);
    }
  }

  /**
   * Stops it if it runs: transactions are rolled back and all is written out. If that takes longer than
   * `timeoutS`, it is cut off, and what was committed is replayed at the next start.
   *
   * @throws EmbeddedPostgresStartError if it runs on
   */
  async stop(timeoutS: number): Promise<void> {
    const outputs: string[] = [];
    for (const [mode, seconds] of [
      ['fast', timeoutS],
      ['immediate', IMMEDIATE_STOP_TIMEOUT_S],
    ] as const) {
      if ((await this.running()) === undefined) return;
      const args = ['stop', '-s', '-w', '-m', mode, '-t', seconds.toString(), '-D', this.cluster];
      const { exitCode, output } = await runCommand(this.binaries.pgCtl, args, { account: this.account });
      if (exitCode === 0) return;
      outputs.push(output);
    }
    if ((await this.running()) === undefined) return;
    throw new EmbeddedPostgresStartError(`PostgreSQL in ${this.cluster} did not stop.`, outputs.join('\n'));
  }

  /** What PostgreSQL logged if it did not start, else undefined. */
  private async tryStart(
    lock: LockedFile,
    port: number,
    maxConnections: number,
  ): Promise<string | undefined> {
    const settings = {
      listen_addresses: '127.0.0.1',
      port,
      unix_socket_directories: '',
      max_connections: maxConnections,
      log_destination: 'stderr',
      logging_collector: 'off',
    };
    const options = Object.entries(settings).map(([name, value]) => `-c ${name}=${value.toString()}`);
    // The file is opened here and handed down, since the account may not be able to enter its directory.
    const log = await open(this.layout.log, 'a', 0o600);
    try {
      const { fileOwner } = this.layout;
      if (fileOwner !== undefined) await log.chown(fileOwner.uid, fileOwner.gid);
      const { size } = await log.stat();
      const { exitCode } = await runCommand(
        this.binaries.pgCtl,
        ['start', '-s', '-w', '-t', START_TIMEOUT_S.toString(), '-D', this.cluster, '-o', options.join(' ')],
        // pg_ctl makes the server the leader of a session of its own; this shields pg_ctl while it waits.
        { account: this.account, outputFd: log.fd, inheritedFd: lock.fd, detached: true },
      );
      return exitCode === 0 ? undefined : await this.logFrom(size);
    } finally {
      await log.close();
    }
  }

  private async logFrom(offset: number): Promise<string> {
    const log = await readFile(this.layout.log);
    return log.subarray(offset).toString().slice(-LOG_EXCERPT_CHARACTERS);
  }
}

/** A pid that no process has on any platform. */
const NO_PROCESS = '2147483647';

/** Content of `postmaster.pid` in a cluster; see src/include/utils/pidfile.h in PostgreSQL. */
export interface PostmasterFile {
  pid: number;
  port: number;
}

export async function readPostmasterFile(cluster: string): Promise<PostmasterFile | undefined> {
  const lines = (await readIfThere(join(cluster, 'postmaster.pid')))?.split('\n') ?? [];
  const pid = Number(lines[0]);
  return Number.isInteger(pid) && pid > 0 ? { pid, port: Number(lines[3] ?? 0) } : undefined;
}

/** Whether the process with this pid is the postmaster of the cluster, and not another process that reuses the pid. */
export async function isPostmasterOf(cluster: string, pid: number): Promise<boolean> {
  if (process.platform === 'linux') {
    return (await commandLineOf(pid))?.includes(cluster) ?? false;
  }
  if (!exists(pid)) return false;
  if (process.platform === 'win32') return true;
  const listed = await promisify(execFile)('ps', ['-p', pid.toString(), '-o', 'command=']).catch(
    () => undefined,
  );
  return listed?.stdout.includes(cluster) ?? false;
}

/** On Linux: the program and arguments of a process, none if it has ended; undefined if they cannot be read. */
async function commandLineOf(pid: number): Promise<string[] | undefined> {
  try {
    return (await readFile(`/proc/${pid.toString()}/cmdline`, 'utf8')).split('\0');
  } catch (error) {
    return ['ENOENT', 'ESRCH'].includes(codeOf(error) ?? '') ? [] : undefined;
  }
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

/**
 * Takes the pid out of a `postmaster.pid` that was left behind and whose pid now belongs to something else, as
 * it easily does in a restarted container: PostgreSQL would refuse to start. The rest of the file has to stay,
 * for by it PostgreSQL makes sure that no process of the former server still uses the data.
 */
async function disownPostmasterFile(cluster: string): Promise<void> {
  const noFollow = process.platform === 'win32' ? 0 : constants.O_NOFOLLOW;
  const file = await open(join(cluster, 'postmaster.pid'), constants.O_RDWR | noFollow);
  try {
    const text = await file.readFile('utf8');
    await file.truncate();
    await file.write(text.replace(/^\d+/, NO_PROCESS), 0);
  } finally {
    await file.close();
  }
}

/** The wanted port of 127.0.0.1 if it is free, or else any free port. */
async function freePort(wanted = 0): Promise<number> {
  const server = createServer();
  try {
    server.listen({ host: '127.0.0.1', port: wanted, exclusive: true });
    await once(server, 'listening');
  } catch (error) {
    if (wanted === 0) throw error;
    return freePort();
  }
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
