import { Module } from '@nestjs/common';
import { MessageOutcomes, TelemetryMetrics, telemetryMetricProviders } from './telemetry.metrics.js';

/** What delivery shares with the intake: the count of what became of messages. */
@Module({
  providers: [...telemetryMetricProviders, MessageOutcomes, TelemetryMetrics],
  exports: [MessageOutcomes, TelemetryMetrics],
})
export class TelemetrySharedModule {}
