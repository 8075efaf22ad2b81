import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../test/support/free-port.js';

const STALLED_MS = 30_000;
const HERE = resolve(import.meta.dirname, '../..');

/** `SERVER_NUM_THREADS=12 npm run bench:ingest` tries another setting. */
const given = Object.fromEntries(
  Object.entries(process.env)
    .filter(([name]) => name.startsWith('SERVER_'))
    .map(([name, value]) => [name.slice('SERVER_'.length), value]),
);

/** A built server in a process of its own, with its default settings. */
export class BenchServer implements AsyncDisposable {
  private constructor(
    private readonly child: ChildProcess,
    private readonly dataDir: string,
    readonly port: number,
  ) {}

  /** @param checkout whose `dist` is to run */
  static async start(
    databaseUrl: string,
    settings: Record<string, string> = {},
    checkout = HERE,
  ): Promise<BenchServer> {
    const main = join(checkout, 'dist/main.js');
    const dataDir = await mkdtemp(join(tmpdir(), 'tetcore-bench-server-'));
    const port = await freePort();
    const child = spawn(process.execPath, [...(process.env.BENCH_NODE_ARGS?.split(' ') ?? []), main], {
      env: {
        PATH: process.env.PATH,
        DATABASE_URL: databaseUrl,
        DATA_DIR: dataDir,
        HOST: '127.0.0.1',
        PORT: port.toString(),
        LOG_LEVEL: 'warn',
        // It reads what was stored, at its own pace, and would be counted with the messages of another time.
        INSIGHT_AGGREGATION: 'false',
        ...given,
        ...settings,
      },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    const server = new BenchServer(child, dataDir, port);
    for (;;) {
      if (child.exitCode !== null) throw new Error('The server has ended.');
      const ready = await fetch(`${server.http}/health/ready`).then(
        (answer) => answer.ok,
        () => false,
      );
      if (ready) return server;
      await sleep(50);
    }
  }

  get http(): string {
    return `http://127.0.0.1:${this.port.toString()}`;
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Waits until everything that it has taken in is stored. */
  async drained(): Promise<void> {
    for (;;) {
      const text = await (await fetch(`${this.http}/metrics`)).text();
      if (/^tetcore_queue_batches 0$/m.test(text)) return;
      await sleep(50);
    }
  }

  /** Waits until so many messages are stored since it started, refusing to wait for what does not come. */
  async hasStored(messages: number): Promise<void> {
    let last = { stored: -1, at: performance.now() };
    for (;;) {
      const stored = await storedMessages(this.http);
      if (stored >= messages) return;
      if (stored > last.stored) last = { stored, at: performance.now() };
      if (performance.now() - last.at > STALLED_MS) {
        throw new Error(
          `Of ${messages.toString()} messages ${stored.toString()} are stored, and no more come.`,
        );
      }
      await sleep(50);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGTERM');
    if (this.child.exitCode === null) await once(this.child, 'exit');
    await rm(this.dataDir, { recursive: true, force: true });
  }
}

/** Messages that the server has stored so far. */
export async function storedMessages(http: string): Promise<number> {
  const text = await (await fetch(`${http}/metrics`)).text();
  const values = text.matchAll(/^tetcore_messages_total\{[^}]*outcome="stored"\} (\d+)/gm);
  return [...values].reduce((sum, [, value]) => sum + Number(value), 0);
}
