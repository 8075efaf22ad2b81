import {
  type DynamicModule,
  type InjectionToken,
  Module,
  type ModuleMetadata,
  type Provider,
  type Type,
} from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { BrowsersModule } from './browsers.js';
import { AccessGuard, FeedGuard } from './guards.js';
import { AccessTokens, TokenFeedGuard, TokenGuard } from './token.guard.js';

/** A guard of a team lacks members of FeedGuard, and there is no other guard for the live feed. */
export class IncompleteFeedGuardError extends Error {
  override readonly name = 'IncompleteFeedGuardError';

  /** @param missing members of FeedGuard that are missing or have the wrong type */
  constructor(guard: string, missing: readonly string[]) {
    super(
      `${guard} cannot guard the live feed, which has the same data as the HTTP API: it has no ${missing.join(', no ')}. ` +
        'Implement all of FeedGuard: the methods checkUpgrade and admits, and needsToken as true or false after the ' +
        'constructor. Or set access.feedGuard to another class: TokenFeedGuard requires a token of API_TOKENS.',
    );
  }
}

export interface AccessModuleOptions {
  /** Modules that export the dependencies of the classes below. */
  imports?: ModuleMetadata['imports'];
  /**
   * The guard of the HTTP API: {@link TokenGuard} by default. It guards the live feed too if it has the members of
   * {@link FeedGuard}.
   */
  guard?: Type<AccessGuard>;
  /** The guard of the live feed: the guard above by default. */
  feedGuard?: Type<FeedGuard>;
}

/** Access to the HTTP API and the live feed. */
@Module({})
export class AccessModule {
  /** Without a complete guard of the live feed the start fails with an {@link IncompleteFeedGuardError}. */
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
  if (ofTheFeed === undefined) return [completeFeedGuard(AccessGuard)];
  return [ofTheFeed, completeFeedGuard(ofTheFeed)];
}

/** Checked on the instance, since members may be fields. */
function completeFeedGuard(token: InjectionToken): Provider {
  return {
    provide: FeedGuard,
    inject: [token],
    useFactory: (made: Partial<FeedGuard>): Partial<FeedGuard> => {
      const missing: string[] = [];
      if (typeof made.checkUpgrade !== 'function') missing.push('checkUpgrade');
      if (typeof made.needsToken !== 'boolean') missing.push('needsToken');
      if (typeof made.admits !== 'function') missing.push('admits');
      if (missing.length > 0) throw new IncompleteFeedGuardError(made.constructor.name, missing);
      return made;
    },
  };
}
