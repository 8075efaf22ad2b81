import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { built } from './built.js';
import { waitUntil } from './wait-until.js';

const MAIN = built('main.js');

/** The built server in a process of its own, which can be killed. `await using` ends it. */
export class ServerProcess implements AsyncDisposable {
  private output = '';
  readonly exited: Promise<number | NodeJS.Signals>;

  private constructor(
    readonly child: ChildProcess,
    readonly port: number,
  ) {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    }
    this.exited = once(child, 'exit').then(([code, signal]) => (signal ?? code) as number | NodeJS.Signals);
  }

  /**
   * Starts it, with nothing of our own environment but what Node needs. It is not ready yet.
   *
   * @param program the built server with its arguments, where it is not that of `TEST_SERVER_MAIN` or `dist`
   * @param through a command that becomes the one that is put behind it
   */
  static spawn(
    port: number,
    environment: Record<string, string>,
    program: string | readonly string[] = MAIN,
    through: readonly string[] = [],
  ): ServerProcess {
    const [command = process.execPath, ...args] = [...through, process.execPath, ...[program].flat()];
    const child = spawn(command, args, {
      env: { PATH: process.env.PATH, HOST: '127.0.0.1', PORT: port.toString(), ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new ServerProcess(child, port);
  }

  static async ready(
    port: number,
    environment: Record<string, string>,
    program: string | readonly string[] = MAIN,
  ): Promise<ServerProcess> {
    const server = ServerProcess.spawn(port, environment, program);
    await server.isReady();
    return server;
  }

  get ws(): string {
    return `ws://127.0.0.1:${this.port.toString()}`;
  }

  get http(): string {
    return `http://127.0.0.1:${this.port.toString()}`;
  }

  get log(): string {
    return this.output;
  }

  async isReady(timeoutMs = 30_000): Promise<void> {
    await waitUntil(
      async () => {
        if (this.child.exitCode !== null) return true;
        return (await fetch(`${this.http}/health/ready`)).ok;
      },
      { what: 'the server to be ready', timeoutMs, everyMs: 50 },
    );
    if (this.child.exitCode !== null) throw new Error(`The server has ended:\n${this.output}`);
  }

  /** Resident memory as the kernel counts it: MiB, now and at its highest. */
  async memory(): Promise<{ now: number; peak: number }> {
    const { readFile } = await import('node:fs/promises');
    const status = await readFile(`/proc/${String(this.child.pid)}/status`, 'utf8');
    const mib = (name: string): number =>
      Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1024;
    return { now: mib('VmRSS'), peak: mib('VmHWM') };
  }

  /** Sends a signal and waits for the end: the exit code, or the signal that ended it. */
  async end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals> {
    this.child.kill(signal);
    return await this.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) await this.end('SIGKILL');
  }
}
