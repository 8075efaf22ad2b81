import { type DynamicModule, Module, type ModuleMetadata, type Provider, type Type } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { AccessGuard } from './access.guard.js';
import { AccessTokens } from './access-tokens.js';
import { BrowsersModule } from './browsers.module.js';
import { FeedGuard } from './feed.guard.js';
import { HalfLockError } from './half-lock.error.js';
import { TokenGuard } from './token.guard.js';
import { TokenFeedGuard } from './token-feed.guard.js';

export interface AccessModuleOptions {
  /** Modules that export what the classes below need. */
  imports?: ModuleMetadata['imports'];
  /**
   * Who may use the HTTP API; {@link TokenGuard} unless given. It guards the live feed as well, where it has the methods
   * of {@link FeedGuard}.
   */
  guard?: Type<AccessGuard>;
  /** Who may use the live feed; the guard above unless given. */
  feedGuard?: Type<FeedGuard>;
}

/** Who may use the HTTP API and the live feed. */
@Module({})
export class AccessModule {
  /** @throws HalfLockError where a guard is given that does not guard the live feed, and none for that */
  static forRoot({ imports = [], guard = TokenGuard, feedGuard }: AccessModuleOptions = {}): DynamicModule {
    return {
      module: AccessModule,
      imports: [BrowsersModule, ...imports],
      providers: [
        AccessTokens,
        { provide: AccessGuard, useClass: guard },
        feedGuardOf(guard, feedGuard),
        { provide: APP_GUARD, useExisting: AccessGuard },
      ],
      exports: [AccessGuard, FeedGuard],
    };
  }
}

function feedGuardOf(guard: Type<AccessGuard>, feedGuard: Type<FeedGuard> | undefined): Provider {
  if (feedGuard !== undefined) return { provide: FeedGuard, useClass: feedGuard };
  if (guard === TokenGuard) return { provide: FeedGuard, useClass: TokenFeedGuard };
  const { checkUpgrade, admits } = guard.prototype as Partial<FeedGuard>;
  if (checkUpgrade === undefined || admits === undefined) throw new HalfLockError(guard.name);
  return { provide: FeedGuard, useExisting: AccessGuard };
}
