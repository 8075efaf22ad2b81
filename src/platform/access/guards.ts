import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import type { IncomingMessage } from 'node:http';
import { OPEN } from '../http/index.js';

/**
 * Decides which requests the HTTP API accepts, except on routes with `@Open()`. A team can give AccessModule a guard of
 * its own.
 */
@Injectable()
export abstract class AccessGuard implements CanActivate {
  /**
   * Called for a route, and for each request with a body before the body is read. May set headers of the response, such
   * as `WWW-Authenticate`.
   *
   * @throws HttpException to refuse the request
   */
  abstract check(request: Request, response: Response): void | Promise<void>;

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType() !== 'http' || Reflect.hasMetadata(OPEN, context.getHandler())) return true;
    const http = context.switchToHttp();
    await this.check(http.getRequest<Request>(), http.getResponse<Response>());
    return true;
  }
}

/**
 * Decides which clients may use the live feed. A team can give AccessModule a guard of its own, or add these methods to
 * its AccessGuard. Both methods may be asynchronous, to call another service. The time and the number of clients that
 * wait for them have the limits of clients that are not authenticated.
 */
@Injectable()
export abstract class FeedGuard {
  /** Before the handshake. @returns the HTTP status of the refusal, or null to accept */
  abstract checkUpgrade(request: IncomingMessage): number | null | Promise<number | null>;

  /** Whether the first frame must have a token: browsers cannot send one in the handshake. */
  abstract get needsToken(): boolean;

  /** Whether a client with this token may read. */
  abstract admits(token: string): boolean | Promise<boolean>;
}
