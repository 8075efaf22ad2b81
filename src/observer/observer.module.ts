import { Module } from '@nestjs/common';
import { StorageModule } from '../storage/index.js';
import { SocketObserver } from '../telemetry/index.js';
import { clockMetricProviders, ClockMetrics, ClockSamples } from './clock-samples.js';
import { GapStore, LostCollectors } from './gap-store.js';
import { PendingGaps } from './pending-gaps.js';
import { Observer } from './observer.js';
import { ObservedSockets } from './observed-sockets.js';

/** Gaps in which the server did not see its nodes, and the offset of its clock. */
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
    { provide: SocketObserver, useExisting: ObservedSockets },
  ],
  exports: [Observer, SocketObserver],
})
export class ObserverModule {}
