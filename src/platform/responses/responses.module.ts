import { Module } from '@nestjs/common';
import { ClientAddressModule } from '../client-address/index.js';
import { ResponseLimits } from './response-limits.js';
import { responseMetricProviders, ResponseMetrics } from './response.metrics.js';
import { RowResponses } from './row-responses.js';

/** Sends rows to clients. All modules share its limits. */
@Module({
  imports: [ClientAddressModule],
  providers: [...responseMetricProviders, ResponseLimits, ResponseMetrics, RowResponses],
  exports: [RowResponses],
})
export class ResponsesModule {}
