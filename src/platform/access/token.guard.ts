import {
  ForbiddenException,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  UnauthorizedException,
} from '@nestjs/common';
import type { Request, Response } from 'express';
import type { AccessScope } from '../config/index.js';
import { AccessGuard } from './access.guard.js';
import { AccessMetrics, type RefusalReason } from './access.metrics.js';
import { AccessTokens } from './access-tokens.js';
import { bearerToken } from './bearer-token.js';

/** Methods that change nothing. */
const READING = new Set(['GET', 'HEAD']);

const WHY = {
  missing: 'This needs a token: Authorization: Bearer TOKEN.',
  malformed: 'Authorization takes one token: Bearer TOKEN.',
  unknown: 'The token is not known.',
} as const;

/** Asks for a token of `API_TOKENS`, if there are any, whose scope goes with the method of the request. */
@Injectable()
export class TokenGuard extends AccessGuard implements OnApplicationBootstrap {
  private readonly logger = new Logger('Access');

  constructor(
    private readonly tokens: AccessTokens,
    private readonly metrics: AccessMetrics,
  ) {
    super();
  }

  onApplicationBootstrap(): void {
    this.logger.log(
      this.tokens.areNeeded
        ? 'The HTTP API and the live feed ask for a token of API_TOKENS.'
        : 'The HTTP API and the live feed are open to all who reach the port: API_TOKENS is not set.',
    );
  }

  override check(request: Request, response: Response): void {
    if (!this.tokens.areNeeded) return;
    const shown = bearerToken(request);
    const scope = typeof shown === 'string' ? undefined : this.tokens.scopeOf(shown.token);
    const needed: AccessScope = READING.has(request.method) ? 'read' : 'write';
    if (scope === undefined) this.refuse(response, typeof shown === 'string' ? shown : 'unknown');
    else if (needed === 'write' && scope !== 'write') this.forbid(response, needed);
  }

  private refuse(response: Response, reason: Exclude<RefusalReason, 'scope' | 'origin' | 'host'>): never {
    this.metrics.refused(reason);
    const challenge = reason === 'missing' ? 'Bearer' : 'Bearer error="invalid_token"';
    response.setHeader('WWW-Authenticate', challenge);
    throw new UnauthorizedException(WHY[reason]);
  }

  private forbid(response: Response, scope: AccessScope): never {
    this.metrics.refused('scope');
    response.setHeader('WWW-Authenticate', `Bearer error="insufficient_scope", scope="${scope}"`);
    throw new ForbiddenException(`This needs a token of the scope ${scope}.`);
  }
}
