import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { AccessGuard } from './access.guard.js';
import { AccessMetrics, accessMetricProviders } from './access.metrics.js';
import { AccessTokens } from './access-tokens.js';
import { FeedGuard } from './feed.guard.js';
import { TokenGuard } from './token.guard.js';

/** Who may use the HTTP API and the live feed. Another guard takes the place of ours here. */
@Module({
  providers: [
    ...accessMetricProviders,
    AccessMetrics,
    AccessTokens,
    FeedGuard,
    { provide: AccessGuard, useClass: TokenGuard },
    { provide: APP_GUARD, useExisting: AccessGuard },
  ],
  exports: [AccessGuard, FeedGuard],
})
export class AccessModule {}
