import { ForbiddenException, HttpException } from '@nestjs/common';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import type { Browsers } from './browsers.js';

const MISDIRECTED = 421;
/** Methods that change nothing. */
const READING = new Set(['GET', 'HEAD', 'OPTIONS']);
/** What probes ask, by whatever name; it holds no data of nodes. */
const PROBED = /^\/(metrics|health\/live|health\/ready)\/?$/;

/** Refuses requests by names that are not the server's, where that matters. Comes before whatever has data. */
export function refuseOtherHosts(browsers: Browsers): RequestHandler {
  return (request: Request, _response: Response, next: NextFunction) => {
    if (PROBED.test(request.path) || browsers.allowsHost(request)) {
      next();
      return;
    }
    next(
      new HttpException(
        'This server does not answer to the name in the header Host. Use its address, add the name to ' +
          'ALLOWED_HOSTS (the name of its machine with the domain too), or set API_TOKENS.',
        MISDIRECTED,
      ),
    );
  };
}

/** Refuses what would change something and is sent by a browser for a page of elsewhere. */
export function refuseForeignWrites(browsers: Browsers): RequestHandler {
  return (request: Request, _response: Response, next: NextFunction) => {
    if (READING.has(request.method) || browsers.allowsWrite(request)) next();
    else next(new ForbiddenException('Pages of this origin may change nothing here: CORS_ORIGINS.'));
  };
}
