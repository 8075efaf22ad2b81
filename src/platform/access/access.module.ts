import {
  type DynamicModule,
  type InjectionToken,
  Module,
  type ModuleMetadata,
  type Provider,
  type Type,
} from '@nestjs/common';
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
  /** Where nothing guards the live feed, or not all of it, the start fails with a {@link HalfLockError}. */
  static forRoot({ imports = [], guard = TokenGuard, feedGuard }: AccessModuleOptions = {}): DynamicModule {
    return {
      module: AccessModule,
      imports: [BrowsersModule, ...imports],
      providers: [
        AccessTokens,
        { provide: AccessGuard, useClass: guard },
        ...feedGuardOf(guard, feedGuard),
        { provide: APP_GUARD, useExisting: AccessGuard },
      ],
      exports: [AccessGuard, FeedGuard],
    };
  }
}

function feedGuardOf(guard: Type<AccessGuard>, feedGuard: Type<FeedGuard> | undefined): Provider[] {
  const ofTheFeed = feedGuard ?? (guard === TokenGuard ? TokenFeedGuard : undefined);
  if (ofTheFeed === undefined) return [wholeGuard(AccessGuard)];
  return [ofTheFeed, wholeGuard(ofTheFeed)];
}

/** What it has may be fields, which are not there before it is. */
function wholeGuard(token: InjectionToken): Provider {
  return {
    provide: FeedGuard,
    inject: [token],
    useFactory: (made: Partial<FeedGuard>): Partial<FeedGuard> => {
      const missing: string[] = [];
      if (typeof made.checkUpgrade !== 'function') missing.push('checkUpgrade');
      if (typeof made.needsToken !== 'boolean') missing.push('needsToken');
      if (typeof made.admits !== 'function') missing.push('admits');
      if (missing.length > 0) throw new HalfLockError(made.constructor.name, missing);
      return made;
    },
  };
}
