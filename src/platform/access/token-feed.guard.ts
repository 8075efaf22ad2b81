import { Injectable } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { Settings } from '../config/index.js';
import { AccessMetrics } from './access.metrics.js';
import { AccessTokens } from './access-tokens.js';
import { FeedGuard } from './feed.guard.js';
import { isOriginAllowed } from './origin.js';

/** Lets in pages of this server and of `CORS_ORIGINS`, and asks for a token of `API_TOKENS`, if there are any. */
@Injectable()
export class TokenFeedGuard extends FeedGuard {
  constructor(
    private readonly tokens: AccessTokens,
    private readonly settings: Settings,
    private readonly metrics: AccessMetrics,
  ) {
    super();
  }

  override checkUpgrade(request: IncomingMessage): number | null {
    if (isOriginAllowed(request, this.settings.CORS_ORIGINS)) return null;
    this.metrics.refused('origin');
    return 403;
  }

  override get needsToken(): boolean {
    return this.tokens.areNeeded;
  }

  override admits(token: string): boolean {
    return this.tokens.scopeOf(token) !== undefined;
  }
}
