import { Global, Module } from '@nestjs/common';
import { CollectorId } from './collector-id.js';
import { MessageOutcomes, TelemetryMetrics, telemetryMetricProviders } from './telemetry.metrics.js';

/** What delivery and storage share with the intake: this process's id, and the count of what became of messages. */
@Global()
@Module({
  providers: [...telemetryMetricProviders, CollectorId, MessageOutcomes, TelemetryMetrics],
  exports: [CollectorId, MessageOutcomes, TelemetryMetrics],
})
export class TelemetrySharedModule {}
