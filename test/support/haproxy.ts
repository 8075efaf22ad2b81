import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { freePort } from './free-port.js';
import { SERVER_NAMES } from './served-by.js';
import { tempDir } from './temp-dir.js';
import { waitUntil } from './wait-until.js';

const HAPROXY = '/usr/sbin/haproxy';
/** The file that the documentation speaks of. */
export const HAPROXY_CONFIGURATION = resolve(import.meta.dirname, '../../proxy/haproxy.cfg');
/** A socket takes two files, and a process of anybody may open a thousand. */
const MAX_CONNECTIONS = '2000';

/** Whether Debian's HAProxy is here: `describe.skipIf(!hasHaproxy)`. */
export const hasHaproxy = existsSync(HAPROXY);
if (!hasHaproxy) {
  console.warn(`Tests behind a proxy are skipped: there is no ${HAPROXY}. apt-get install -y haproxy.`);
}

/** What HAProxy has to say of a file, which is little where it is right. Throws with that where it is not. */
export async function checkHaproxyConfiguration(
  file = HAPROXY_CONFIGURATION,
  environment: NodeJS.ProcessEnv = {},
): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)(HAPROXY, ['-c', '-V', '-f', file], {
    env: environment,
  });
  return stdout + stderr;
}

/** The configuration of `proxy/haproxy.cfg`, run as it is in front of two servers. `await using` ends it. */
export class HaproxyProcess implements AsyncDisposable {
  private output = '';

  private constructor(
    private readonly child: ChildProcess,
    private readonly dir: string,
    readonly port: number,
  ) {
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => (this.output += chunk));
  }

  /**
   * Starts it, and waits until it listens.
   *
   * @param ports of the two servers, on loopback
   * @throws where there are not two
   */
  static async start([a, b, ...others]: readonly number[]): Promise<HaproxyProcess> {
    if (a === undefined || b === undefined || others.length > 0) {
      throw new Error('The configuration of HAProxy is for two servers.');
    }
    const dir = await tempDir('haproxy');
    const port = await freePort();
    const { stdout: group } = await promisify(execFile)('id', ['-gn']);
    const child = spawn(HAPROXY, ['-db', '-f', HAPROXY_CONFIGURATION], {
      env: {
        PROXY_BIND: `127.0.0.1:${port}`,
        PROXY_SERVER_A: `127.0.0.1:${a}`,
        PROXY_SERVER_B: `127.0.0.1:${b}`,
        PROXY_MAX_CONNECTIONS: MAX_CONNECTIONS,
        PROXY_USER: userInfo().username,
        PROXY_GROUP: group.trim(),
        PROXY_ADMIN_SOCKET: join(dir, 'admin.sock'),
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const proxy = new HaproxyProcess(child, dir, port);
    try {
      await waitUntil(async () => child.exitCode !== null || (await proxy.ask('show info')) !== '', {
        what: 'HAProxy to be there',
        timeoutMs: 10_000,
      });
      if (child.exitCode !== null) throw new Error(`HAProxy has ended:\n${proxy.output}`);
      return proxy;
    } catch (error) {
      await proxy[Symbol.asyncDispose]();
      throw error;
    }
  }

  get ws(): string {
    return `ws://127.0.0.1:${this.port}`;
  }

  get http(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Waits until it has found a server to be so, for nodes and for questions: `UP`, or `DOWN` at its end. */
  async finds(server: number, status: 'UP' | 'DOWN', timeoutMs = 20_000): Promise<void> {
    const name = SERVER_NAMES[server] ?? '';
    await waitUntil(
      async () => {
        const found = (await this.statuses()).filter((line) => line.name === name);
        return found.length === 3 && found.every((line) => line.status === status);
      },
      { what: `HAProxy to find server ${name} ${status}`, timeoutMs, everyMs: 50 },
    );
  }

  /** How many sockets or requests each server has of a backend, in their order. */
  async sessions(backend: string): Promise<number[]> {
    return (await this.statuses())
      .filter((status) => status.backend === backend)
      .map(({ sessions }) => sessions);
  }

  /** Every server of every backend, with what HAProxy thinks of it and how many sockets and requests it has there. */
  async statuses(): Promise<{ backend: string; name: string; status: string; sessions: number }[]> {
    const [head = '', ...lines] = (await this.ask('show stat')).trim().split('\n');
    const columns = head.replace('# ', '').split(',');
    const value = (line: string, column: string): string => line.split(',')[columns.indexOf(column)] ?? '';
    return lines
      .map((line) => ({
        backend: value(line, 'pxname'),
        name: value(line, 'svname'),
        status: value(line, 'status'),
        sessions: Number(value(line, 'scur')),
      }))
      .filter(({ name }) => SERVER_NAMES.includes(name));
  }

  private async ask(question: string): Promise<string> {
    const socket = connect(join(this.dir, 'admin.sock'));
    socket.write(`${question}\n`);
    return await text(socket);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const ended = once(this.child, 'exit');
      this.child.kill('SIGKILL');
      await ended;
    }
    await rm(this.dir, { recursive: true, force: true });
  }
}
