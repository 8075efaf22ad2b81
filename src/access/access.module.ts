import { type DynamicModule, Module, type ModuleMetadata, type Type } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { AccessGuard } from './access.guard.js';
import { AccessMetrics, accessMetricProviders } from './access.metrics.js';
import { AccessTokens } from './access-tokens.js';
import { FeedGuard } from './feed.guard.js';
import { TokenGuard } from './token.guard.js';
import { TokenFeedGuard } from './token-feed.guard.js';

export interface AccessModuleOptions {
  /** Modules that export what the classes below need. */
  imports?: ModuleMetadata['imports'];
  /** Who may use the HTTP API; {@link TokenGuard} unless given. */
  guard?: Type<AccessGuard>;
  /** Who may use the live feed; {@link TokenFeedGuard} unless given. */
  feedGuard?: Type<FeedGuard>;
}

/** Who may use the HTTP API and the live feed. */
@Module({})
export class AccessModule {
  static forRoot({
    imports = [],
    guard = TokenGuard,
    feedGuard = TokenFeedGuard,
  }: AccessModuleOptions = {}): DynamicModule {
    return {
      module: AccessModule,
      imports: [...imports],
      providers: [
        ...accessMetricProviders,
        AccessMetrics,
        AccessTokens,
        { provide: AccessGuard, useClass: guard },
        { provide: FeedGuard, useClass: feedGuard },
        { provide: APP_GUARD, useExisting: AccessGuard },
      ],
      exports: [AccessGuard, FeedGuard],
    };
  }
}
