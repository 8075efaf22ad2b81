import type { ClientBase } from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { pipeline } from 'node:stream/promises';
import { openSession, socketOf, type StorageClient } from '../storage/index.js';

const APPLICATION = 'tetcore-analytics import';
/** Maximum read-ahead: bytes. */
const READ_AHEAD = 256 * 1024;
/** For sorting the rows of a chunk by id; large messages are stored out of line. */
const SORT_MEMORY = '64MB';

/** A read-only session with the source and a session with the target, for copying rows. */
export class ImportWorker implements AsyncDisposable {
  private constructor(
    private readonly from: string,
    private readonly to: string,
    private sessions: readonly [source: StorageClient, target: StorageClient],
  ) {}

  static async open(from: string, to: string): Promise<ImportWorker> {
    return new ImportWorker(from, to, await openBoth(from, to));
  }

  get source(): ClientBase {
    return this.sessions[0];
  }

  get target(): ClientBase {
    return this.sessions[1];
  }

  /** Runs queries in one read-only snapshot of the source. */
  async reading<T>(work: () => Promise<T>): Promise<T> {
    await this.source.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const result = await work();
    await this.source.query('COMMIT');
    return result;
  }

  /**
   * Copies from a COPY TO statement of the source into a COPY FROM statement of the target.
   *
   * @returns the number of rows
   */
  async copy(out: string, into: string): Promise<number> {
    const writing = this.target.query(copyFrom(into));
    await pipeline(this.source.query(copyTo(out, { highWaterMark: READ_AHEAD })), writing);
    return writing.rowCount;
  }

  /** Reconnects after an error: open transactions are rolled back, and running copies are aborted. */
  async renew(): Promise<void> {
    for (const session of this.sessions) socketOf(session).destroy();
    this.sessions = await openBoth(this.from, this.to);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.sessions.map((session) => session.end().catch(() => undefined)));
  }
}

async function openBoth(from: string, to: string): Promise<[StorageClient, StorageClient]> {
  const source = await openSession(from, APPLICATION, true, { work_mem: SORT_MEMORY });
  try {
    return [source, await openSession(to, APPLICATION, false, { jit: 'off' })];
  } catch (error) {
    await source.end().catch(() => undefined);
    throw error;
  }
}

/** The workers of an import, and one that plans their chunks. `await using` closes them. */
export class ImportWorkers implements AsyncDisposable {
  private constructor(
    readonly planner: ImportWorker,
    readonly workers: readonly [ImportWorker, ...ImportWorker[]],
  ) {}

  /** @param count number of importing workers, at least one */
  static async open(from: string, to: string, count: number): Promise<ImportWorkers> {
    const opened: ImportWorker[] = [];
    try {
      while (opened.length < count + 1) opened.push(await ImportWorker.open(from, to));
    } catch (error) {
      await Promise.all(opened.map((worker) => worker[Symbol.asyncDispose]()));
      throw error;
    }
    const [planner, first, ...others] = opened;
    if (planner === undefined || first === undefined)
      throw new RangeError('At least one worker is required.');
    return new ImportWorkers(planner, [first, ...others]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.planner, ...this.workers].map((worker) => worker[Symbol.asyncDispose]()));
  }
}
