import type { NextFunction, Request, RequestHandler, Response } from 'express';
import type { AccessGuard } from './access.guard.js';

/**
 * Asks the guard about every request that has a body, be its route open or not. Comes before whatever reads bodies, so
 * that a stranger's are not taken apart.
 */
export function checkBeforeBody(guard: AccessGuard): RequestHandler {
  return (request: Request, response: Response, next: NextFunction) => {
    if (!hasBody(request)) {
      next();
      return;
    }
    Promise.resolve()
      .then(() => guard.check(request, response))
      .then(() => next(), next);
  };
}

function hasBody({ headers }: Request): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}
