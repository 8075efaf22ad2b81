import { Injectable, Logger } from '@nestjs/common';
import { resolve } from 'node:path';
import { Settings } from '../platform/config/index.js';
import { IntervalJobs, OutageLog, withDeadline } from '../platform/async/index.js';
import { type Deadline, Lifecycle } from '../platform/lifecycle/index.js';
import { CollectorId, DatabaseClock, LocalClock } from '../storage/index.js';
import { ClockSamples } from './clock-samples.js';
import { type AbandonedFolder, AbandonedFolders, recoverGaps } from './abandoned-folders.js';
import { ObserverFolder } from './observer-folder.js';
import { downGapId, newGap } from './gaps.js';
import { GapStore, LostCollectors } from './gap-store.js';
import { PendingGaps } from './pending-gaps.js';
import { ObservedSockets } from './observed-sockets.js';

/** The precision with which the end of a killed process is known. */
const HEARTBEAT_INTERVAL_MS = 500;
const STORE_INTERVAL_MS = 1_000;
/** For processes that are killed while this one runs. */
const ABANDONED_CHECK_INTERVAL_MS = 5_000;
const MEASURE_INTERVAL_MS = 10_000;
const LOST_CHECK_INTERVAL_MS = 15_000;
const CLOCK_RECORD_INTERVAL_MS = 60_000;
/** The start does not wait longer than this for the first measurement. */
const FIRST_MEASUREMENT_TIMEOUT_MS = 2_000;

/**
 * Records the gaps in which this server did not see its nodes, and the offset of its clock. Its public methods are called
 * in this order. Its failures do not stop the server: they are logged.
 */
@Injectable()
export class Observer {
  private readonly logger = new Logger(Observer.name);
  private readonly root: string;
  private readonly abandonedFolders: AbandonedFolders;
  private readonly jobs = new IntervalJobs(this.logger);
  /** Ended processes whose gap is recorded by others: they ended after the start of this one. */
  private readonly recordedByOthers = new Set<string>();
  private folder: ObserverFolder | undefined;
  private creating: Promise<void> | undefined;
  private found: AbandonedFolder[] = [];
  /** By the monotonic clock: milliseconds. */
  private acceptingSince: number | undefined;
  private stoppedAt: number | undefined;
  private readonly outage: OutageLog;

  constructor(
    settings: Settings,
    private readonly lifecycle: Lifecycle,
    private readonly collector: CollectorId,
    private readonly local: LocalClock,
    private readonly clock: DatabaseClock,
    private readonly samples: ClockSamples,
    private readonly sockets: ObservedSockets,
    private readonly gaps: PendingGaps,
    private readonly store: GapStore,
    private readonly lost: LostCollectors,
  ) {
    this.root = resolve(settings.DATA_DIR, 'observer');
    this.abandonedFolders = new AbandonedFolders(this.root);
    const begins = (reason: string): string => `${this.root} cannot be written to: ${reason}`;
    this.outage = new OutageLog(this.logger, { begins }, { level: 'error' });
  }

  /**
   * Measures the clock, and finds the folders of earlier processes in this `DATA_DIR`. The database must be ready.
   *
   * @throws the signal's reason
   */
  async prepare(signal: AbortSignal): Promise<void> {
    await this.samples
      .measure(AbortSignal.any([signal, AbortSignal.timeout(FIRST_MEASUREMENT_TIMEOUT_MS)]))
      .catch((error: unknown) => this.logger.debug(`The clock is measured later: ${String(error)}`));
    signal.throwIfAborted();
    try {
      await this.createFolder();
      this.found = await this.takeOverFolders();
    } catch (error) {
      this.logger.warn(
        `${this.root} cannot be used: if this process is killed, only other servers can record when. ${String(error)}`,
      );
    }
  }

  /** Nodes are accepted from now on, which ends the gaps of earlier processes. */
  begin(): void {
    if (!this.lifecycle.running) return;
    this.acceptingSince = this.local.monotonicMs();
    this.recover(this.found.splice(0), true);
    this.writeHeartbeat();
    const { signal } = this.jobs;
    this.jobs.schedule('heartbeat', HEARTBEAT_INTERVAL_MS, () => this.tick());
    this.jobs.schedule('store gaps', STORE_INTERVAL_MS, () => this.storePending(signal));
    this.jobs.schedule('take over abandoned directories', ABANDONED_CHECK_INTERVAL_MS, async () => {
      await this.createFolder();
      this.recover(await this.takeOverFolders(), false);
    });
    this.jobs.schedule('measure clock', MEASURE_INTERVAL_MS, async () => {
      await this.samples.measure(signal);
      await this.store.removeOwnDown(signal);
    });
    this.jobs.schedule('record lost servers', LOST_CHECK_INTERVAL_MS, () => this.lost.record(signal));
    this.jobs.schedule('record clock', CLOCK_RECORD_INTERVAL_MS, () => this.samples.record(signal));
    void this.samples.record(signal).catch(() => undefined);
  }

  /** Nodes are refused from now on, and their sockets are closed. */
  stopTakingIn(): void {
    this.jobs.stop();
    if (this.acceptingSince === undefined) return;
    this.sockets.stop();
    this.stoppedAt = this.local.monotonicMs();
    this.writeHeartbeat();
  }

  /** Stores pending gaps if possible. Otherwise they are in the folder, which the next process takes over. */
  async close(deadline: Deadline): Promise<void> {
    // Jobs that still run must not write after this.
    await withDeadline(deadline.leftMs() / 2, () => this.jobs.ended()).catch(() => undefined);
    for (const folder of this.found.splice(0)) folder.release();
    if (this.stoppedAt !== undefined) {
      this.gaps.add(newGap(this.collector.identity, 'down', { monotonicMs: this.stoppedAt }));
      await this.storePending(AbortSignal.timeout(Math.max(1, Math.ceil(deadline.leftMs())))).catch(
        (error: unknown) => this.logger.debug(`The next process stores the gaps: ${String(error)}`),
      );
      this.writeHeartbeat();
    }
    await this.folder?.release();
    this.folder = undefined;
  }

  private async tick(): Promise<void> {
    this.sockets.check();
    this.writeHeartbeat();
    const step = this.clock.takeStep();
    if (step === 0) return;
    this.logger.warn(`The system clock was changed by ${Math.round(step).toString()} ms.`);
    await this.samples.measure(this.jobs.signal);
  }

  /** Writes the heartbeat, and the gaps that are not stored. @returns whether that succeeded */
  private writeHeartbeat(): boolean {
    if (this.folder === undefined) return false;
    try {
      const stopped = this.stoppedAt !== undefined;
      this.folder.writeHeartbeat({
        collector: this.collector.identity,
        stopped,
        databaseMs: this.clock.databaseTimeOf(this.stoppedAt),
        measured: this.clock.isMeasured,
      });
      const own = downGapId(this.collector.id);
      // Without its own gap `down`: the last heartbeat begins it, and the next process knows its end.
      this.folder.saveGaps(this.gaps.records().filter(({ id }) => id !== own));
      this.outage.succeeded();
      return true;
    } catch (error) {
      this.outage.failed(error);
      return false;
    }
  }

  /** Creates the folder if it is missing: an earlier attempt may have failed, or it was removed. */
  private createFolder(): Promise<void> {
    return (this.creating ??= this.createMissingFolder().finally(() => (this.creating = undefined)));
  }

  private async createMissingFolder(): Promise<void> {
    if (this.folder !== undefined) return;
    const folder = await ObserverFolder.create(this.root, this.collector.id, () => {
      this.logger.warn(`The directory of this process in ${this.root} was removed and is created again.`);
      folder.abandon();
      if (this.folder !== folder) return;
      this.folder = undefined;
      // Retried at the next check.
      this.createFolder().catch((error: unknown) => this.logger.debug(String(error)));
    });
    this.folder = folder;
  }

  private async takeOverFolders(): Promise<AbandonedFolder[]> {
    if (this.folder === undefined) return [];
    return await this.abandonedFolders.takeOverAll(
      (id) => id !== this.collector.id && !this.recordedByOthers.has(id),
    );
  }

  /**
   * Makes gaps of the folders of ended processes, and removes them once the own folder has these gaps.
   *
   * @param wereGone whether they were found before nodes were accepted
   */
  private recover(folders: readonly AbandonedFolder[], wereGone: boolean): void {
    if (folders.length === 0) return;
    const acceptingSince = { monotonicMs: this.acceptingSince ?? this.local.monotonicMs() };
    const over: AbandonedFolder[] = [];
    for (const folder of folders) {
      const { gaps, isOver } = recoverGaps(folder, { acceptingSince, wasGone: wereGone }, this.clock);
      for (const gap of gaps) this.gaps.add(gap);
      if (isOver) over.push(folder);
      else this.recordedByOthers.add(folder.heartbeat.collector.id);
    }
    const isSaved = this.writeHeartbeat();
    for (const folder of folders) {
      if (isSaved && over.includes(folder)) {
        folder
          .remove()
          .catch((error: unknown) =>
            this.logger.warn(`The directory of an ended process could not be removed: ${String(error)}`),
          );
      } else {
        folder.release();
      }
    }
  }

  private async storePending(signal: AbortSignal): Promise<void> {
    const unstored = this.gaps.unstored();
    if (unstored.length === 0) return;
    if (!this.clock.isMeasured) await this.samples.measure(signal);
    const records = this.gaps.unstored();
    await this.store.store(records, signal);
    this.gaps.stored(records);
  }
}
