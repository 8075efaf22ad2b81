import { Injectable } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { Settings } from '../config/index.js';
import { AccessMetrics } from './access.metrics.js';
import { AccessTokens } from './access-tokens.js';
import { isOriginAllowed } from './origin.js';

/** Decides who may use the live feed. To decide otherwise provide another one in AccessModule. */
@Injectable()
export class FeedGuard {
  constructor(
    private readonly tokens: AccessTokens,
    private readonly settings: Settings,
    private readonly metrics: AccessMetrics,
  ) {}

  /** Before the handshake. @returns the HTTP status to refuse with, or null to let in */
  checkUpgrade(request: IncomingMessage): number | null {
    if (isOriginAllowed(request, this.settings.CORS_ORIGINS)) return null;
    this.metrics.refused('origin');
    return 403;
  }

  /** Whether the first frame is to have a token. */
  get needsToken(): boolean {
    return this.tokens.areNeeded;
  }

  /** Whether somebody with this token may read. */
  admits(token: string): boolean {
    return this.tokens.scopeOf(token) !== undefined;
  }
}
