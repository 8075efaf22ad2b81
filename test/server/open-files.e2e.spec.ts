import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { cpuSeconds } from '../../bench/support/cpu.js';
import { MIN_OPEN_FILES } from '../../src/platform/open-files/index.js';
import { built } from '../support/built.js';
import { TestDatabase } from '../support/databases.js';
import { FakeNode, HandshakeRefusedError } from '../support/fake-node.js';
import { freePort } from '../support/free-port.js';
import { sumOf } from '../support/metrics.js';
import { withOpenFiles } from '../support/server-process.js';
import { tempDir } from '../support/temp-dir.js';
import { waitUntil } from '../support/wait-until.js';

/** Runs a built program with a limit of open files. */
function limited(files: number, program: string, args: readonly string[], env: Record<string, string> = {}) {
  const [command = '', ...before] = withOpenFiles(files);
  return spawn(command, [...before, process.execPath, built(program), ...args], {
    env: { PATH: process.env.PATH, HOST: '127.0.0.1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

describe.skipIf(process.platform !== 'linux')('a process with a low limit of open files', () => {
  it.each([
    ['server', 'main.js', []],
    ['command', 'cli/main.js', ['doctor']],
  ])('reports the limit if the %s cannot start', async (_, program, args) => {
    const child = limited(256, program, args);
    const [said] = await Promise.all([text(child.stderr), once(child, 'exit')]);
    expect(said.trim().split('\n')).toEqual([
      expect.stringMatching(/^This process may have 256 files open, and needs 768 to start, .* ulimit -n\.$/),
    ]);
    expect(child.exitCode).toBe(1);
  });

  it('rejects sockets before it runs out of files, and serves open ones', { timeout: 120_000 }, async () => {
    await using database = await TestDatabase.create();
    const dataDir = await tempDir('open-files');
    const port = await freePort();
    const http = `http://127.0.0.1:${port.toString()}`;
    const settings = { PORT: port.toString(), DATABASE_URL: database.url, DATA_DIR: dataDir };
    const child = limited(MIN_OPEN_FILES, 'main.js', [], { ...settings, DB_POOL_SIZE: '4' });
    let log = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (t: string) => (log += t));
    const sockets: (FakeNode | Socket)[] = [];
    try {
      await waitUntil(async () => (await fetch(`${http}/health/ready`)).ok, {
        what: 'the server',
        timeoutMs: 60_000,
      });
      expect(log).toContain(
        'Lowered HTTP_MAX_CONNECTIONS from 22000 to 502 and TELEMETRY_MAX_CONNECTIONS from 20000 to 376: ',
      );
      const good = await FakeNode.connect(http.replace('http', 'ws'));
      sockets.push(good);
      await good.sendV1({ msg: 'test.before' });
      let refused = 0;
      for (let left = 500; left > 0; left -= 1) {
        await FakeNode.connect(http.replace('http', 'ws')).then(
          (node) => sockets.push(node),
          (error: unknown) => {
            expect(error).toBeInstanceOf(HandshakeRefusedError);
            expect((error as HandshakeRefusedError).status).toBe(503);
            refused += 1;
          },
        );
      }
      expect([sockets.length, refused]).toEqual([376, 125]);
      for (let left = 400; left > 0; left -= 1)
        sockets.push(connect(port, '127.0.0.1').on('error', () => undefined));
      const before = cpuSeconds(child.pid ?? 0);
      await good.sendV1({ msg: 'test.after' });
      await waitUntil(
        async () => {
          const rows = await database.query(`SELECT 1 FROM tetcore_logs WHERE msg LIKE 'test.%'`);
          return rows.length === 2;
        },
        { what: 'both messages' },
      );
      const metrics = await waitUntil(async () => await (await fetch(`${http}/metrics`)).text(), {
        what: 'an answer',
        timeoutMs: 30_000,
        everyMs: 500,
      });
      expect(sumOf(metrics, 'tetcore_http_connections_refused_total', 'idle_evicted')).toBeGreaterThan(200);
      expect(sumOf(metrics, 'tetcore_upgrades_refused_total', 'too_many')).toBe(125);
      expect(cpuSeconds(child.pid ?? 0) - before).toBeLessThan(8);
      expect([good.isOpen, child.exitCode]).toEqual([true, null]);
    } finally {
      for (const socket of sockets) {
        if (socket instanceof FakeNode) socket.socket.terminate();
        else socket.destroy();
      }
      child.kill('SIGTERM');
      await once(child, 'exit');
      await rm(dataDir, { recursive: true });
    }
  });
});
