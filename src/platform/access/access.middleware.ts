import { ForbiddenException, HttpException } from '@nestjs/common';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import type { Browsers } from './browsers.js';
import type { AccessGuard } from './guards.js';

/**
 * Calls the guard for each request with a body, on open routes too. To be used before the body parsers, so that bodies
 * of unauthorized clients are not parsed.
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

const MISDIRECTED = 421;
/** Methods that change no data. */
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);
/** Probes use any name. These paths have no data of nodes. */
const PROBED = /^\/(metrics|health\/live|health\/ready)\/?$/;

/** Rejects requests to host names that are not the server's. To be used before the routes. */
export function refuseOtherHosts(browsers: Browsers): RequestHandler {
  return (request: Request, _response: Response, next: NextFunction) => {
    if (PROBED.test(request.path) || browsers.allowsHost(request)) {
      next();
      return;
    }
    next(
      new HttpException(
        'The name in the header Host is not allowed. Use the address of the server, add the name to ALLOWED_HOSTS, ' +
          'or set API_TOKENS.',
        MISDIRECTED,
      ),
    );
  };
}

/** Rejects requests that change data and come from a page of another origin. */
export function refuseForeignWrites(browsers: Browsers): RequestHandler {
  return (request: Request, _response: Response, next: NextFunction) => {
    if (SAFE_METHODS.has(request.method) || browsers.allowsWrite(request)) next();
    else next(new ForbiddenException('Pages of this origin may not change data: see CORS_ORIGINS.'));
  };
}
