import { Module } from '@nestjs/common';
import { AccessMetrics, accessMetricProviders } from './access.metrics.js';
import { Browsers } from './browsers.js';

/** What pages in a browser may have done, whoever asks: routes, the feed, sockets of nodes. */
@Module({
  providers: [...accessMetricProviders, AccessMetrics, Browsers],
  exports: [AccessMetrics, Browsers],
})
export class BrowsersModule {}
