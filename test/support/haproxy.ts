import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
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
const FILE = 'haproxy.cfg';
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

/** @throws where the head of the file does not set one of them */
async function configurationWith(settings: HaproxySettings): Promise<string> {
  let text = await readFile(HAPROXY_CONFIGURATION, 'utf8');
  for (const [name, value] of Object.entries(settings)) {
    const line = new RegExp(`^( +setenv ${name}) .*$`, 'm');
    if (!line.test(text)) throw new Error(`${HAPROXY_CONFIGURATION} does not set ${name}.`);
    text = text.replace(line, (_, head: string) => `${head} ${value}`);
  }
  return text;
}

/** What HAProxy thinks of a server of a backend. */
export interface HaproxyStatus {
  backend: string;
  name: string;
  /** `UP`, `DOWN`, `NOLB`, or on its way to one of them. */
  status: string;
  /** Sockets or requests that it has. */
  sessions: number;
  /** So many it may have. */
  most: number;
  /** For a place. */
  waiting: number;
  /** Checks that did not end as expected, which is how a server that stops is found, too. */
  failedChecks: number;
}

/** By the name of what is set at the head of `proxy/haproxy.cfg`. */
export type HaproxySettings = Record<string, string>;

export interface HaproxyOptions {
  /** Where the servers are asked how they are; on the ports that they serve unless given. */
  checkPorts?: readonly number[];
  /** What else is to be different at the head of the file. */
  settings?: HaproxySettings;
}

/** The configuration of `proxy/haproxy.cfg` with another head, in front of two servers. `await using` ends it. */
export class HaproxyProcess implements AsyncDisposable {
  private output = '';

  private constructor(
    private readonly child: ChildProcess,
    private readonly dir: string,
    readonly port: number,
    private readonly settings: HaproxySettings,
  ) {
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => (this.output += chunk));
  }

  /**
   * Starts it, and waits until it listens.
   *
   * @param ports of the two servers, on loopback
   * @throws where there are not two
   */
  static async start(
    ports: readonly number[],
    { checkPorts = ports, settings: others = {} }: HaproxyOptions = {},
  ): Promise<HaproxyProcess> {
    if (ports.length !== 2 || checkPorts.length !== 2) {
      throw new Error('The configuration of HAProxy is for two servers.');
    }
    const dir = await tempDir('haproxy');
    const port = await freePort();
    const { stdout: group } = await promisify(execFile)('id', ['-gn']);
    const settings = {
      PROXY_BIND: `127.0.0.1:${port}`,
      PROXY_SERVER_A: `127.0.0.1:${ports[0]}`,
      PROXY_SERVER_B: `127.0.0.1:${ports[1]}`,
      PROXY_CHECK_PORT_A: `${checkPorts[0]}`,
      PROXY_CHECK_PORT_B: `${checkPorts[1]}`,
      PROXY_MAX_CONNECTIONS: MAX_CONNECTIONS,
      PROXY_USER: userInfo().username,
      PROXY_GROUP: group.trim(),
      PROXY_ADMIN_SOCKET: join(dir, 'admin.sock'),
      ...others,
    };
    await writeFile(join(dir, FILE), await configurationWith(settings));
    // With a master, as a service has it.
    const child = spawn(HAPROXY, ['-W', '-db', '-f', join(dir, FILE)], {
      env: {},
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const proxy = new HaproxyProcess(child, dir, port, settings);
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

  /** Waits until it has found a server to be so, for nodes and for requests: `UP`, or `DOWN` at its end. */
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

  /** Changes the head of its file and has it read again, as `systemctl reload haproxy` does. */
  async reload(settings: HaproxySettings): Promise<void> {
    await writeFile(join(this.dir, FILE), await configurationWith({ ...this.settings, ...settings }));
    this.child.kill('SIGUSR2');
  }

  /** How many sockets or requests each server has of a backend, in their order. */
  async sessions(backend: string): Promise<number[]> {
    return (await this.statuses())
      .filter((status) => status.backend === backend)
      .map(({ sessions }) => sessions);
  }

  /** Every server of every backend, with what HAProxy thinks of it. */
  async statuses(): Promise<HaproxyStatus[]> {
    return (await this.lines()).filter(({ name }) => SERVER_NAMES.includes(name));
  }

  /** How many wait for a place at one of a backend's servers. */
  async waiting(backend: string): Promise<number> {
    const lines = await this.lines();
    return lines.find((line) => line.backend === backend && line.name === 'BACKEND')?.waiting ?? 0;
  }

  private async lines(): Promise<HaproxyStatus[]> {
    const [head = '', ...lines] = (await this.ask('show stat')).trim().split('\n');
    const columns = head.replace('# ', '').split(',');
    const value = (line: string, column: string): string => line.split(',')[columns.indexOf(column)] ?? '';
    return lines.map((line) => ({
      backend: value(line, 'pxname'),
      name: value(line, 'svname'),
      status: value(line, 'status'),
      sessions: Number(value(line, 'scur')),
      most: Number(value(line, 'slim')),
      waiting: Number(value(line, 'qcur')),
      failedChecks: Number(value(line, 'chkfail')),
    }));
  }

  private async ask(request: string): Promise<string> {
    const socket = connect(join(this.dir, 'admin.sock'));
    socket.write(`${request}\n`);
    return await text(socket);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const ended = once(this.child, 'exit');
      // Its workers end with it, those from before a reload too.
      this.child.kill('SIGTERM');
      await ended;
    }
    await rm(this.dir, { recursive: true, force: true });
  }
}
