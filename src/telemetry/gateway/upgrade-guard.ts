import { Injectable } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { Lifecycle } from '../../lifecycle/index.js';
import { TelemetryMetrics } from '../telemetry.metrics.js';

/** Decides, before the handshake, whether a socket may be opened. Replace it to decide otherwise. */
@Injectable()
export class UpgradeGuard {
  constructor(
    private readonly lifecycle: Lifecycle,
    private readonly metrics: TelemetryMetrics,
  ) {}

  /** @returns the HTTP status to refuse with, or null to let in */
  check(_request: IncomingMessage): number | null {
    return this.lifecycle.running ? null : 503;
  }

  refused(status: number): void {
    this.metrics.upgradeRefused(status);
  }
}
