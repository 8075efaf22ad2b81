import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DirectoryLock } from '../../src/platform/lock/index.js';
import { built } from '../support/built.js';
import { freePort } from '../support/free-port.js';
import { NumberedMessages } from '../support/numbered-messages.js';
import { tempDir } from '../support/temp-dir.js';
import { waitUntil } from '../support/wait-until.js';

/** That it makes a database first takes long on a busy machine. */
const READY_MS = 90_000;

describe.skipIf(process.platform === 'win32')('a server that loses its output', { timeout: 180_000 }, () => {
  let dataDir: string;
  let port: number;

  beforeAll(async () => {
    dataDir = await tempDir('lost-output');
  });

  afterAll(async () => {
    await rm(dataDir, { recursive: true, force: true });
  });

  /** A shell in a process group of its own, which pipes the server to a reader, and prints the exit code of the server. */
  async function piped(reader: string): Promise<{ shell: ChildProcess; output: Promise<string> }> {
    port = await freePort();
    const command = `trap : INT; "${process.execPath}" "${built('main.js')}" 2>&1 | ${reader}; echo "ended with \${PIPESTATUS[0]}"`;
    const shell = spawn('bash', ['-c', command], {
      env: {
        PATH: process.env.PATH,
        HOST: '127.0.0.1',
        PORT: port.toString(),
        DATA_DIR: dataDir,
        LOG_LEVEL: 'debug',
      },
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    });
    return { shell, output: text(shell.stdout) };
  }

  async function isReady(): Promise<void> {
    await waitUntil(async () => (await fetch(`http://127.0.0.1:${port.toString()}/health/ready`)).ok, {
      what: 'the server to be ready',
      timeoutMs: READY_MS,
      everyMs: 50,
    });
  }

  function expectStopped(): void {
    expect(DirectoryLock.isHeld(dataDir)).toBe(false);
    expect(existsSync(join(dataDir, 'postgres', 'postmaster.pid'))).toBe(false);
    expect(readdirSync(join(dataDir, 'journal'))).toEqual([]);
  }

  it('continues, and stops in order on SIGTERM, after its reader has ended', async () => {
    const { shell, output } = await piped('head -1');
    await isReady();
    const messages = new NumberedMessages();
    await messages.send(`ws://127.0.0.1:${port.toString()}`, 10);
    const url = (await readFile(join(dataDir, 'database-url'), 'utf8')).trim();
    expect(await messages.areStored(url)).toEqual({ missing: 0, twice: 0 });
    const { pid } = JSON.parse(await readFile(join(dataDir, 'lock'), 'utf8')) as { pid: number };
    expect(parentOf(await readFile(`/proc/${pid.toString()}/stat`, 'utf8'))).toBe(shell.pid);
    process.kill(pid, 'SIGTERM');
    expect(await output).toMatch(/^[^\n]+\nended with 0\n$/);
    expectStopped();
  });

  it('stops in order on Ctrl-C, which also ends its reader', async () => {
    const { shell, output } = await piped(`tee "${join(dataDir, 'log')}" > /dev/null`);
    await isReady();
    process.kill(-(shell.pid ?? Infinity), 'SIGINT');
    expect(await output).toMatch(/^ended with 0\n$/);
    expectStopped();
  });
});

/** The fourth field of `/proc/PID/stat`, after the name in parentheses. */
function parentOf(stat: string): number {
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}
