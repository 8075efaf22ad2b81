import { Injectable, Logger } from '@nestjs/common';
import { CollectorId, LocalClock } from '../storage/index.js';
import { SocketObserver } from '../telemetry/index.js';
import type { Gap } from './gaps.js';
import { PendingGaps } from './pending-gaps.js';
import { SocketLosses } from './socket-losses.js';

/** A pause that begins this soon after another one continues it: a queue at its limit is full repeatedly. */
const MERGED_PAUSE_MS = 5_000;

/** Records a gap while reading is paused, and when many sockets are lost at once. */
@Injectable()
export class ObservedSockets extends SocketObserver {
  private readonly logger = new Logger('Observer');
  private readonly losses = new SocketLosses();
  private pause: Gap | undefined;
  private resumedAt: number | undefined;
  private loss: Gap | undefined;
  private stopped = false;

  constructor(
    private readonly collector: CollectorId,
    private readonly local: LocalClock,
    private readonly gaps: PendingGaps,
  ) {
    super();
  }

  override paused(paused: boolean): void {
    const now = this.local.monotonicMs();
    if (this.stopped || paused === this.isPaused) return;
    if (!paused) {
      this.endPause(now);
    } else if (this.pause !== undefined && now - (this.resumedAt ?? now) < MERGED_PAUSE_MS) {
      this.resumedAt = undefined;
      this.gaps.resume(this.pause);
    } else {
      this.resumedAt = undefined;
      this.pause = this.gaps.begin(this.collector.identity, 'paused', { monotonicMs: now });
    }
  }

  override opened(): void {
    this.losses.opened(this.local.monotonicMs());
  }

  override ended(openMs: number, ipAddr: string): void {
    const now = this.local.monotonicMs();
    if (!this.stopped) this.losses.ended(now, now - openMs, ipAddr);
  }

  /** To be called often. */
  check(): void {
    if (this.stopped) return;
    const change = this.losses.check(this.local.monotonicMs());
    if (change?.kind === 'began') {
      this.logger.warn(
        'At least half of the node sockets ended within 30 s: this server may be cut off from its nodes.',
      );
      this.loss = this.gaps.begin(this.collector.identity, 'sockets_lost', { monotonicMs: change.at });
    } else if (change !== undefined) {
      this.endLoss(change.at);
    }
  }

  /** From now on the server closes the sockets itself. Gaps that continue end here. */
  stop(): void {
    const now = this.local.monotonicMs();
    if (this.isPaused) this.endPause(now);
    this.endLoss(now);
    this.stopped = true;
  }

  private get isPaused(): boolean {
    return this.pause !== undefined && this.resumedAt === undefined;
  }

  private endPause(now: number): void {
    this.resumedAt = now;
    if (this.pause !== undefined) this.gaps.end(this.pause, { monotonicMs: now });
  }

  private endLoss(at: number): void {
    if (this.loss !== undefined) this.gaps.end(this.loss, { monotonicMs: at });
    this.loss = undefined;
  }
}
