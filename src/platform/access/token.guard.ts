import {
  ForbiddenException,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  UnauthorizedException,
} from '@nestjs/common';
import type { Request, Response } from 'express';
import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type AccessScope, hashOf, Settings } from '../config/index.js';
import { AccessMetrics, type AccessRefusalReason } from './access.metrics.js';
import { isOriginAllowed } from './browsers.js';
import { AccessGuard, FeedGuard } from './guards.js';

/** The tokens of `API_TOKENS`. */
@Injectable()
export class AccessTokens {
  constructor(private readonly settings: Settings) {}

  /** Without tokens the API is open. */
  get areRequired(): boolean {
    return this.settings.API_TOKENS.length > 0;
  }

  /**
   * The scope of a token; undefined where it is not valid. The time that this takes reveals nothing about the tokens:
   * all are compared, by hashes of equal length.
   */
  scopeOf(token: string): AccessScope | undefined {
    const given = hashOf(token);
    let found: AccessScope | undefined;
    for (const { scope, sha256 } of this.settings.API_TOKENS) {
      const isIt = timingSafeEqual(given, sha256);
      if (isIt && found !== 'write') found = scope;
    }
    return found;
  }
}

/** RFC 6750, with one space or more. */
const BEARER = /^bearer +([A-Za-z0-9\-._~+/]+=*) *$/i;
/** Longer than any token that can be set. */
const MAX_LENGTH = 1024;

type BearerToken = { token: string } | 'missing' | 'malformed';

/** The token in the header `Authorization` of a request, which may have one. */
export function bearerToken({ headersDistinct }: Pick<IncomingMessage, 'headersDistinct'>): BearerToken {
  const [header, second] = headersDistinct.authorization ?? [];
  if (header === undefined) return 'missing';
  if (second !== undefined || header.length > MAX_LENGTH) return 'malformed';
  const token = BEARER.exec(header)?.[1];
  return token === undefined ? 'malformed' : { token };
}

/** Methods that change no data. */
const READ_METHODS = new Set(['GET', 'HEAD']);

const WHY = {
  missing: 'A token is required: Authorization: Bearer TOKEN.',
  malformed: 'The header Authorization must be Bearer TOKEN, once.',
  unknown: 'The token is not valid.',
} as const;

/** Requires a token of `API_TOKENS`, if there are any, with the scope for the method of the request. */
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
      this.tokens.areRequired
        ? 'The HTTP API and the live feed require a token of API_TOKENS.'
        : 'The HTTP API and the live feed need no token: API_TOKENS is not set.',
    );
  }

  override check(request: Request, response: Response): void {
    if (!this.tokens.areRequired) return;
    const given = bearerToken(request);
    const scope = typeof given === 'string' ? undefined : this.tokens.scopeOf(given.token);
    const needed: AccessScope = READ_METHODS.has(request.method) ? 'read' : 'write';
    if (scope === undefined) this.refuse(response, typeof given === 'string' ? given : 'unknown');
    else if (needed === 'write' && scope !== 'write') this.forbid(response, needed);
  }

  private refuse(
    response: Response,
    reason: Exclude<AccessRefusalReason, 'scope' | 'origin' | 'host'>,
  ): never {
    this.metrics.refused(reason);
    const challenge = reason === 'missing' ? 'Bearer' : 'Bearer error="invalid_token"';
    response.setHeader('WWW-Authenticate', challenge);
    throw new UnauthorizedException(WHY[reason]);
  }

  private forbid(response: Response, scope: AccessScope): never {
    this.metrics.refused('scope');
    response.setHeader('WWW-Authenticate', `Bearer error="insufficient_scope", scope="${scope}"`);
    throw new ForbiddenException(`A token with the scope ${scope} is required.`);
  }
}

/** Accepts pages of this server and of `CORS_ORIGINS`, and requires a token of `API_TOKENS`, if there are any. */
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
    return this.tokens.areRequired;
  }

  override admits(token: string): boolean {
    return this.tokens.scopeOf(token) !== undefined;
  }
}
