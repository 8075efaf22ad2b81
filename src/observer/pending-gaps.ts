import { Injectable, Logger } from '@nestjs/common';
import { type CollectorIdentity, DatabaseClock, type GapCause } from '../storage/index.js';
import { type Gap, type GapRecord, type Moment, newGap } from './gaps.js';

export const MAX_PENDING_GAPS = 256;

interface Pending {
  gap: Gap;
  /** Whether the database has it, with or without its end. */
  isStored: boolean;
  hasChanged: boolean;
  /** Whether it changed since it was returned by `unstored`. */
  isNewer: boolean;
  /** Whether it is final, so that it can be removed once it is stored. */
  isSettled: boolean;
}

/** Gaps that continue, and gaps that are not stored yet. Both are also in a file: see ObserverFolder. */
@Injectable()
export class PendingGaps {
  private readonly logger = new Logger('Observer');
  /** By id, oldest first. */
  private readonly gaps = new Map<string, Pending>();

  constructor(private readonly clock: DatabaseClock) {}

  /** Begins a gap that continues. */
  begin(collector: CollectorIdentity, cause: GapCause, began: Moment): Gap {
    const gap = newGap(collector, cause, began);
    this.put(gap, false);
    return gap;
  }

  end(gap: Gap, ended: Moment): void {
    gap.ended = ended;
    this.put(gap, true);
  }

  /** Continues a gap that was ended. */
  resume(gap: Gap): void {
    gap.ended = undefined;
    this.put(gap, false);
  }

  /** Adds a final gap. */
  add(gap: Gap): void {
    this.put(gap, true);
  }

  /** All gaps, for the file. */
  records(): GapRecord[] {
    return [...this.gaps.values()].map(({ gap }) => this.recordOf(gap));
  }

  /** The gaps that are to be stored. */
  unstored(): GapRecord[] {
    return [...this.gaps.values()]
      .filter(({ hasChanged }) => hasChanged)
      .map((pending) => {
        pending.isNewer = false;
        return this.recordOf(pending.gap);
      });
  }

  /** @param records returned by {@link unstored}; those that have changed since then are stored again */
  stored(records: readonly GapRecord[]): void {
    for (const record of records) {
      const pending = this.gaps.get(record.id);
      if (pending === undefined) continue;
      pending.isStored = true;
      pending.hasChanged = pending.isNewer;
      if (pending.isSettled && !pending.hasChanged) this.gaps.delete(record.id);
    }
  }

  private put(gap: Gap, isSettled: boolean): void {
    const known = this.gaps.get(gap.id);
    this.gaps.set(gap.id, {
      gap,
      isSettled,
      isStored: known?.isStored ?? false,
      hasChanged: true,
      isNewer: true,
    });
    if (this.gaps.size > MAX_PENDING_GAPS) this.makeRoom();
  }

  /** Merges two gaps of a process into a longer one, or drops the oldest gap and logs it. */
  private makeRoom(): void {
    const settled = [...this.gaps.values()].filter(
      ({ isSettled, gap }) => isSettled && gap.ended !== undefined,
    );
    for (const [index, first] of settled.entries()) {
      const second = settled
        .slice(index + 1)
        .find(({ gap, isStored }) => !isStored && isLike(gap, first.gap));
      if (second === undefined) continue;
      first.gap.ended = second.gap.ended;
      first.hasChanged = true;
      first.isNewer = true;
      this.gaps.delete(second.gap.id);
      return;
    }
    const oldest = settled[0] ?? [...this.gaps.values()][0];
    if (oldest === undefined) return;
    this.gaps.delete(oldest.gap.id);
    this.logger.error(
      `A gap was dropped, because too many are pending: ${JSON.stringify(this.recordOf(oldest.gap))}`,
    );
  }

  private recordOf({ id, collector, cause, began, ended }: Gap): GapRecord {
    return {
      id,
      collector,
      cause,
      began_ms: this.databaseMs(began),
      ended_ms: ended === undefined ? null : this.databaseMs(ended),
    };
  }

  private databaseMs(moment: Moment): number {
    return Math.round(
      'databaseMs' in moment ? moment.databaseMs : this.clock.databaseTimeOf(moment.monotonicMs),
    );
  }
}

function isLike(left: Gap, right: Gap): boolean {
  return left.cause === right.cause && left.collector.id === right.collector.id;
}
