import { Module } from '@nestjs/common';
import { StorageModule } from '../storage/index.js';
import { SocketWatch } from '../telemetry/index.js';
import { ClockMetrics, clockMetricProviders } from './clock/clock.metrics.js';
import { ClockSamples } from './clock/clock-samples.js';
import { GapStore } from './gaps/gap-store.js';
import { PendingGaps } from './gaps/pending-gaps.js';
import { LostCollectors } from './lost-collectors.js';
import { Observer } from './observer.js';
import { ObservedSockets } from './sockets/observed-sockets.js';

/** What the server itself did not see: its gaps, and how far its clock is off. */
@Module({
  imports: [StorageModule],
  providers: [
    ...clockMetricProviders,
    ClockMetrics,
    ClockSamples,
    GapStore,
    LostCollectors,
    ObservedSockets,
    Observer,
    PendingGaps,
    { provide: SocketWatch, useExisting: ObservedSockets },
  ],
  exports: [Observer, SocketWatch],
})
export class ObserverModule {}
