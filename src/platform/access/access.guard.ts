import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import { OPEN } from '../http/index.js';

/**
 * Decides who may ask what of the HTTP API; routes that are marked as open are not asked about. To decide otherwise
 * give AccessModule another one.
 */
@Injectable()
export abstract class AccessGuard implements CanActivate {
  /**
   * Called for a route, and before that where a request has a body, so that nothing is read from strangers.
   * May set headers of the response, such as `WWW-Authenticate`.
   *
   * @throws HttpException what the request is refused with
   */
  abstract check(request: Request, response: Response): void | Promise<void>;

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType() !== 'http' || Reflect.hasMetadata(OPEN, context.getHandler())) return true;
    const http = context.switchToHttp();
    await this.check(http.getRequest<Request>(), http.getResponse<Response>());
    return true;
  }
}
