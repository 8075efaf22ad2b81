import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { once } from 'node:events';
import { join } from 'node:path';
import { built } from '../../support/built.js';
import { freePort } from '../../support/free-port.js';
import { waitUntil } from '../../support/wait-until.js';

/** What begins a program in PID and IPC namespaces of its own, as containers have, with a `/proc` that shows them. */
const UNSHARE = ['unshare', '--pid', '--ipc', '--fork', '--mount-proc', '--kill-child=SIGKILL'] as const;

/** Why there can be no such namespaces here; undefined where there can. */
export async function withoutNamespaces(): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'namespaces are those of Linux';
  const [program, ...args] = UNSHARE;
  return await promisify(execFile)(program, [...args, 'true']).then(
    () => undefined,
    (error: unknown) => `unshare needs root: ${String(error).split('\n')[0] ?? ''}`,
  );
}

/** All that a process has started, and what these have, by the pids that we see. Without itself. */
async function descendantsOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  const children = text.split(' ').filter(Boolean).map(Number);
  return [...children, ...(await Promise.all(children.map(descendantsOf))).flat()];
}

/** The state of a process, such as `T` for stopped; see proc_pid_stat(5). */
async function stateOf(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  return stat?.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
}

const READY_MS = 60_000;

interface ContainedOptions {
  /** The built server, where it is not that of `dist`. */
  main?: string | undefined;
  /** Whether the namespaces go on when the server is killed, and PostgreSQL in them. */
  outlived?: boolean;
  environment?: Record<string, string>;
}

/**
 * The built server, with its own PostgreSQL unless it is given another, in PID and IPC namespaces of its own, as in a container. Its processes are
 * ours: signals go to them alone. `await using` ends all of them.
 */
export class ContainedServer implements AsyncDisposable {
  log = '';
  readonly exited: Promise<number | NodeJS.Signals>;

  private constructor(
    private readonly child: ChildProcess,
    readonly port: number,
    private readonly dataDir: string,
  ) {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (this.log += text));
    }
    this.exited = once(child, 'exit').then(([code, signal]) => (signal ?? code) as number | NodeJS.Signals);
  }

  static async spawn(
    dataDir: string,
    { main = built('main.js'), outlived = false, environment = {} }: ContainedOptions = {},
  ): Promise<ContainedServer> {
    const port = await freePort();
    const [unshare, ...args] = UNSHARE;
    const server = [process.execPath, main];
    const program = outlived ? ['sh', '-c', '"$0" "$@"; exec sleep 600', ...server] : server;
    const child = spawn(unshare, [...args, ...program], {
      env: {
        PATH: process.env.PATH,
        HOST: '127.0.0.1',
        PORT: port.toString(),
        DATA_DIR: dataDir,
        JOURNAL_MODE: 'always',
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    await once(child, 'spawn');
    return new ContainedServer(child, port, dataDir);
  }

  get ws(): string {
    return `ws://127.0.0.1:${this.port}`;
  }

  /** The database that it has, while it runs. */
  async databaseUrl(): Promise<string> {
    return (await readFile(join(this.dataDir, 'database-url'), 'utf8')).trim();
  }

  async isReady(): Promise<void> {
    await waitUntil(
      async () => {
        if (this.hasEnded) throw new Error(`The server has ended:\n${this.log}`);
        return (await fetch(`http://127.0.0.1:${this.port}/health/ready`)).ok;
      },
      { what: `a server to be ready that says:\n${this.log}`, timeoutMs: READY_MS, everyMs: 50 },
    );
  }

  /** Stops every process of it where it stands, until {@link thaw}. */
  async freeze(): Promise<void> {
    const stopped = async (): Promise<boolean> => {
      const states = await Promise.all((await this.processes()).map(stateOf));
      return states.every((state) => state === 'T' || state === 'Z' || state === undefined);
    };
    await waitUntil(
      async () => {
        // Those that were begun meanwhile are stopped with the next turn.
        await this.signal('SIGSTOP');
        return await stopped();
      },
      { what: 'all processes to be stopped' },
    );
  }

  async thaw(): Promise<void> {
    await this.signal('SIGCONT');
  }

  /** SIGTERM to the server: its exit code. */
  async stop(): Promise<number | NodeJS.Signals> {
    process.kill(await this.serverPid(), 'SIGTERM');
    return await this.exited;
  }

  /** SIGKILL to the server alone. */
  async killServer(): Promise<void> {
    const pid = await this.serverPid();
    process.kill(pid, 'SIGKILL');
    await waitUntil(async () => [undefined, 'Z'].includes(await stateOf(pid)), {
      what: 'the server to be gone',
    });
  }

  /** The end of the namespaces is that of all processes in them. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.hasEnded) return;
    const [first] = await descendantsOf(this.pid);
    if (first !== undefined) process.kill(first, 'SIGKILL');
    else this.child.kill('SIGKILL');
    await this.exited;
  }

  private get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  private get pid(): number {
    return this.child.pid ?? 0;
  }

  private async processes(): Promise<number[]> {
    return await descendantsOf(this.pid);
  }

  private async signal(signal: NodeJS.Signals): Promise<void> {
    for (const pid of await this.processes()) {
      try {
        process.kill(pid, signal);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    }
  }

  private async serverPid(): Promise<number> {
    for (const pid of await this.processes()) {
      const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      if (command.startsWith(`${process.execPath}\0`)) return pid;
    }
    throw new Error('The server does not run.');
  }
}
