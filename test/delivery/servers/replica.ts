import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../../support/free-port.js';
import { ServerProcess } from '../../support/server-process.js';
import { tempDir } from '../../support/temp-dir.js';
import { waitUntil } from '../../support/wait-until.js';
import { WrongClock } from '../../support/wrong-clock.js';
import type { ServerRun } from '../ledger/ledger.js';
import { type JournalVolume, journalVolume } from './journal-volume.js';
import { Metrics } from './metrics.js';

/** What a server says at ERROR when these faults happen: a person is to act, and here the test is that person. */
const EXPECTED = [
  /The journal cannot be written. Batches are held in memory only/,
  /are damaged and lost/,
  /The system clock is .* the database clock/,
  // The next fault came while it was at it, and it tries again.
  /The missing tables of the database could not be created: .*terminating connection/,
  /The journal directory .* was removed or moved/,
];

/** Lines at ERROR that no fault explains. */
function unexpectedErrors(log: string): string[] {
  return log
    .split('\n')
    .filter((line) => /\bERROR\b/.test(line) && !EXPECTED.some((expected) => expected.test(line)));
}

/** Of its start, during which the database may be away several times in a row. */
const READY_MS = 240_000;
const OPEN_BATCH_MS = 10_000;
/** What memory holds of batches, so that outages of seconds reach the journal: MiB. */
const QUEUE_MIB = 4;

export interface ReplicaOptions {
  index: number;
  databaseUrl: string;
  /** Whether the journal may get a volume of its own. */
  mount: boolean;
  /** The built server, where it is not that of `dist`. */
  main?: string | undefined;
  environment?: Record<string, string>;
  /** A server on whose volume it lives, in place of one of its own. */
  house?: Replica;
}

/** What holds for one process of a server. */
export interface ProcessOptions {
  environment?: Record<string, string>;
  /** The built server, where it is not that of the replica. */
  main?: string | undefined;
  /** A command that becomes the server. */
  through?: readonly string[];
  /** How far its clock is off: milliseconds. */
  aheadMs?: number;
}

/** One of the servers, with its port and its directory, over all the processes that it is one after the other. */
export class Replica implements AsyncDisposable {
  /** Every process so far. */
  readonly runs: ServerRun[] = [];
  /** What went wrong that is no loss: an exit code, an error in the log. */
  readonly problems: string[] = [];
  private server: ServerProcess | undefined;
  private clock: WrongClock;
  /** All that live on its volume. */
  private readonly mates: Set<Replica>;

  private constructor(
    private readonly options: ReplicaOptions,
    readonly port: number,
    readonly dataDir: string,
    readonly volume: JournalVolume | undefined,
  ) {
    this.clock = this.clockThatIs(0);
    this.mates = options.house?.mates ?? new Set();
    this.mates.add(this);
  }

  static async start(options: ReplicaOptions, first: ProcessOptions = {}): Promise<Replica> {
    const { house, mount } = options;
    const dataDir = house?.dataDir ?? (await tempDir('replica'));
    const volume = house === undefined ? await journalVolume(dataDir, mount) : house.volume;
    const replica = new Replica(options, await freePort(), dataDir, volume);
    try {
      await replica.start(first);
      return replica;
    } catch (error) {
      await replica[Symbol.asyncDispose]();
      throw error;
    }
  }

  get index(): number {
    return this.options.index;
  }

  get process(): ServerProcess {
    if (this.server === undefined) throw new Error(`Server ${this.index} does not run.`);
    return this.server;
  }

  get pid(): number {
    return this.process.child.pid ?? 0;
  }

  /** The built server, where it is not that of `dist`. */
  get main(): string | undefined {
    return this.options.main ?? this.options.house?.main;
  }

  get ws(): string {
    return `ws://127.0.0.1:${this.port}`;
  }

  get journal(): string {
    return join(this.dataDir, 'journal');
  }

  get run(): ServerRun {
    const run = this.runs.at(-1);
    if (run === undefined) throw new Error(`Server ${this.index} has not been started.`);
    return run;
  }

  /** @param process what holds for this time only */
  async start(process: ProcessOptions = {}): Promise<void> {
    this.runs.push({
      replica: this.index,
      startedAt: Date.now(),
      killedAt: undefined,
      read: 0,
      exactly: false,
      notKept: 0,
    });
    const { databaseUrl, environment } = this.options;
    const main = process.main ?? this.main;
    this.clock = this.clockThatIs(process.aheadMs ?? 0);
    this.server = ServerProcess.spawn(
      this.port,
      {
        DATABASE_URL: databaseUrl,
        DATA_DIR: this.dataDir,
        JOURNAL_MODE: 'always',
        JOURNAL_MAX_MIB: Math.min(1024, ((this.volume?.sizeMib ?? 1024) * 3) / 4).toString(),
        QUEUE_MAX_MIB: QUEUE_MIB.toString(),
        SHUTDOWN_TIMEOUT_S: '30',
        ...this.clock.environment,
        ...environment,
        ...process.environment,
      },
      main === undefined ? undefined : [main],
      process.through,
    );
    await this.server.isReady(READY_MS);
  }

  /** Sets the clock of its machine, that of the database stays. */
  setClock(aheadMs: number): void {
    this.clock.set(this.process, aheadMs);
  }

  async metrics(): Promise<Metrics> {
    return await Metrics.read(this.process.http);
  }

  /** SIGTERM. It is to end in order, whatever else is away. */
  async stop(): Promise<void> {
    await this.noteRead();
    const code = await this.process.end('SIGTERM');
    if (code !== 0) this.problems.push(`server ${this.index} ended with ${code} after SIGTERM`);
    this.ended();
  }

  /** The same, when all nodes are gone and everything is stored: it says before how much it has read. */
  async stopAfterAll(): Promise<void> {
    await this.noteAll();
    const { run } = this;
    const { read, exactly, notKept } = run;
    await this.stop();
    // By now nothing can have come, and the answers during the stop may have been cut short.
    Object.assign(run, { read, exactly, notKept });
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    await this.noteRead();
    this.run.killedAt = Date.now();
    await this.process.end('SIGKILL');
    this.ended();
  }

  /** What it has read, while it lives; with nodes gone and nothing on its way, for good. */
  async noteAll(): Promise<void> {
    const metrics = await this.metrics();
    const { run } = this;
    run.read = metrics.sum('tetcore_messages_received_total');
    run.notKept = metrics.sum('tetcore_rejected_messages_not_kept_total');
    run.exactly = true;
    const counted = metrics.sum('tetcore_messages_total');
    if (counted !== run.read) {
      this.problems.push(
        `server ${this.index} has read ${run.read} frames and says of ${counted} what became of them`,
      );
    }
  }

  /** Folders of processes that are gone and whose journals are not stored yet. */
  async abandonedJournals(): Promise<number> {
    const folders = (await readdir(this.journal)).filter((name) => name.includes('-'));
    return folders.length - [...this.mates].filter(({ server }) => server !== undefined).length;
  }

  /** Waits until everything that its processes took in is stored, and counted. */
  async delivered(limitMs: number): Promise<void> {
    await waitUntil(
      async () =>
        (await this.abandonedJournals()) === 0 && (await this.metrics()).sum('tetcore_queue_batches') === 0,
      { what: `server ${this.index} to store what it has`, timeoutMs: limitMs, everyMs: 100 },
    );
    // What is in the batch that is open is not in the queue yet. Whether it ever is says noteAll().
    await waitUntil(
      async () => {
        const metrics = await this.metrics();
        return metrics.sum('tetcore_messages_received_total') === metrics.sum('tetcore_messages_total');
      },
      { what: 'the open batch', timeoutMs: OPEN_BATCH_MS, everyMs: 50 },
    ).catch(() => undefined);
  }

  /** The end of its log, to find the cause of a failure. */
  lastLines(count = 20): string {
    return this.server?.log.trimEnd().split('\n').slice(-count).join('\n') ?? 'It does not run.';
  }

  /** How much has been read for sure, and is safe. */
  private async noteRead(): Promise<void> {
    try {
      const metrics = await this.metrics();
      // A second answer: the turn in which the first was counted is over.
      await this.metrics();
      this.run.read = metrics.sum('tetcore_messages_received_total');
    } catch {
      // It is busy, and may have read nothing for what we know.
    }
    const { peak } = await this.process.memory();
    this.run.peakMib = peak;
  }

  private clockThatIs(aheadMs: number): WrongClock {
    return new WrongClock(join(this.dataDir, `clock-${this.index}`), aheadMs);
  }

  private ended(): void {
    this.problems.push(
      ...unexpectedErrors(this.process.log).map((line) => `server ${this.index} logged: ${line}`),
    );
    this.server = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server?.[Symbol.asyncDispose]();
    this.server = undefined;
    this.mates.delete(this);
    if (this.options.house !== undefined) return;
    await this.volume?.remove();
    await rm(this.dataDir, { recursive: true, force: true });
  }
}
