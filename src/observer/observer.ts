import { Injectable, Logger } from '@nestjs/common';
import { resolve } from 'node:path';
import { Settings } from '../platform/config/index.js';
import { type Deadline, Lifecycle, orAborted } from '../platform/lifecycle/index.js';
import { CollectorId, DatabaseClock, LocalClock } from '../storage/index.js';
import { ClockSamples } from './clock/clock-samples.js';
import { type LeftFolder, LeftFolders } from './folder/left-folders.js';
import { ObserverFolder } from './folder/observer-folder.js';
import { downGapId, newGap } from './gaps/gap.js';
import { GapStore } from './gaps/gap-store.js';
import { PendingGaps } from './gaps/pending-gaps.js';
import { recoverGaps } from './gaps/recover-gaps.js';
import { LostCollectors } from './lost-collectors.js';
import { Repeated } from './repeated.js';
import { ObservedSockets } from './sockets/observed-sockets.js';

/** How exactly the end of a process that is killed is known: milliseconds. */
const HEARTBEAT_MS = 500;
const STORE_MS = 1_000;
/** A process may be killed while this one runs. */
const LOOK_FOR_LEFT_MS = 5_000;
const MEASURE_MS = 10_000;
const LOOK_FOR_LOST_MS = 15_000;
const RECORD_CLOCK_MS = 60_000;
/** Nodes do not wait longer than this for a first measurement. */
const FIRST_MEASUREMENT_MS = 2_000;

/**
 * Puts on record when this server did not see its nodes, and how far its clock is off. Its steps are called in the order
 * in which they stand here. Nothing of it stops a server: what it cannot write is logged.
 */
@Injectable()
export class Observer {
  private readonly logger = new Logger(Observer.name);
  private readonly root: string;
  private readonly leftFolders: LeftFolders;
  private readonly repeated = new Repeated();
  /** Processes that are gone, and whose end is not for this process to say: they were there after its start. */
  private readonly leftToOthers = new Set<string>();
  private folder: ObserverFolder | undefined;
  private making: Promise<void> | undefined;
  private left: LeftFolder[] = [];
  /** By the monotonic clock. */
  private letInAt: number | undefined;
  private stoppedAt: number | undefined;
  private writesFail = false;

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
    this.leftFolders = new LeftFolders(this.root);
  }

  /**
   * The database is ready: measures the clock, and finds what earlier processes of this `DATA_DIR` left.
   *
   * @throws the signal's reason
   */
  async prepare(signal: AbortSignal): Promise<void> {
    await this.samples
      .measure(AbortSignal.any([signal, AbortSignal.timeout(FIRST_MEASUREMENT_MS)]))
      .catch((error: unknown) => this.logger.debug(`The clock is measured later: ${String(error)}`));
    signal.throwIfAborted();
    try {
      await this.makeFolder();
      this.left = await this.takeLeft();
    } catch (error) {
      this.logger.warn(
        `${this.root} cannot be used: if this process is killed, only other servers can record when. ${String(error)}`,
      );
    }
  }

  /** Nodes are let in now: earlier processes were down until here. */
  begin(): void {
    if (!this.lifecycle.running) return;
    this.letInAt = this.local.monotonicMs();
    this.recover(this.left.splice(0), true);
    this.beat();
    const { signal } = this.repeated;
    this.repeated.every(HEARTBEAT_MS, () => this.tick());
    this.repeated.every(STORE_MS, () => this.storePending(signal));
    this.repeated.every(LOOK_FOR_LEFT_MS, async () => {
      await this.makeFolder();
      this.recover(await this.takeLeft(), false);
    });
    this.repeated.every(MEASURE_MS, async () => {
      await this.samples.measure(signal);
      await this.store.removeOwnDown(signal);
    });
    this.repeated.every(LOOK_FOR_LOST_MS, () => this.lost.record(signal));
    this.repeated.every(RECORD_CLOCK_MS, () => this.samples.record(signal));
    void this.samples.record(signal).catch(() => undefined);
  }

  /** Nodes are refused from now on, and told to go. */
  stopTakingIn(): void {
    this.repeated.stop();
    if (this.letInAt === undefined) return;
    this.sockets.stop();
    this.stoppedAt = this.local.monotonicMs();
    this.beat();
  }

  /** Stores what is not stored yet, where that is possible. The rest is in the folder, which the next process takes over. */
  async leave(deadline: Deadline): Promise<void> {
    // What it still writes must not come after what is written here.
    const half = AbortSignal.timeout(Math.max(1, Math.ceil(deadline.leftMs() / 2)));
    await orAborted(this.repeated.ended(), half).catch(() => undefined);
    for (const left of this.left.splice(0)) left.release();
    if (this.stoppedAt !== undefined) {
      this.gaps.add(newGap(this.collector.identity, 'down', { monotonicMs: this.stoppedAt }));
      await this.storePending(AbortSignal.timeout(Math.max(1, Math.ceil(deadline.leftMs())))).catch(
        (error: unknown) => this.logger.debug(`The next process stores the gaps: ${String(error)}`),
      );
      this.beat();
    }
    await this.folder?.release();
    this.folder = undefined;
  }

  private async tick(): Promise<void> {
    this.sockets.check();
    this.beat();
    const step = this.clock.takeStep();
    if (step === 0) return;
    this.logger.warn(`The system clock was changed by ${Math.round(step).toString()} ms.`);
    await this.samples.measure(this.repeated.signal);
  }

  /** Writes down that this process is there, or since when it is not, and what of its gaps the database lacks. */
  private beat(): boolean {
    if (this.folder === undefined) return false;
    try {
      const stopped = this.stoppedAt !== undefined;
      this.folder.beat({
        collector: this.collector.identity,
        stopped,
        databaseMs: this.clock.databaseTimeOf(this.stoppedAt),
        measured: this.clock.isMeasured,
      });
      const own = downGapId(this.collector.id);
      // That this process is down says its last heartbeat: the next process knows until when.
      this.folder.keep(this.gaps.records().filter(({ id }) => id !== own));
      this.writesFail = false;
      return true;
    } catch (error) {
      if (!this.writesFail) this.logger.error(`${this.root} cannot be written to: ${String(error)}`);
      this.writesFail = true;
      return false;
    }
  }

  /** Makes it where it is missing: also one that could not be made before, or that was removed. */
  private makeFolder(): Promise<void> {
    return (this.making ??= this.makeMissingFolder().finally(() => (this.making = undefined)));
  }

  private async makeMissingFolder(): Promise<void> {
    if (this.folder !== undefined) return;
    const folder = await ObserverFolder.create(this.root, this.collector.id, () => {
      this.logger.warn(`The directory of this process in ${this.root} was removed and is created again.`);
      folder.abandon();
      if (this.folder !== folder) return;
      this.folder = undefined;
      // Where that fails, it is tried again with the next look.
      this.makeFolder().catch((error: unknown) => this.logger.debug(String(error)));
    });
    this.folder = folder;
  }

  private async takeLeft(): Promise<LeftFolder[]> {
    if (this.folder === undefined) return [];
    const taken: LeftFolder[] = [];
    for (const id of await this.leftFolders.ids()) {
      if (id === this.collector.id || this.leftToOthers.has(id)) continue;
      const left = await this.leftFolders.take(id);
      if (left !== undefined) taken.push(left);
    }
    return taken;
  }

  /**
   * Makes gaps of what earlier processes left. Their folders go once ours has the gaps.
   *
   * @param wereGone whether they were found before nodes were let in
   */
  private recover(folders: readonly LeftFolder[], wereGone: boolean): void {
    if (folders.length === 0) return;
    const letInAt = { monotonicMs: this.letInAt ?? this.local.monotonicMs() };
    const over: LeftFolder[] = [];
    for (const folder of folders) {
      const { gaps, isOver } = recoverGaps(folder, { letInAt, wasGone: wereGone }, this.clock);
      for (const gap of gaps) this.gaps.add(gap);
      if (isOver) over.push(folder);
      else this.leftToOthers.add(folder.heartbeat.collector.id);
    }
    const isKept = this.beat();
    for (const folder of folders) {
      if (isKept && over.includes(folder)) {
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
