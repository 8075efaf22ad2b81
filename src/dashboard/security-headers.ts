import type { NextFunction, Request, RequestHandler, Response } from 'express';
import helmet from 'helmet';

const POLICY = {
  defaultSrc: ["'self'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'"],
  imgSrc: ["'self'", 'data:'],
  connectSrc: ["'self'"],
  frameAncestors: ["'none'"],
  baseUri: ["'none'"],
  formAction: ["'self'"],
  objectSrc: ["'none'"],
};

/** The page of Swagger UI has its styles in itself. */
const DOCS = /^\/docs(\/|$)/;

/**
 * Puts security headers on every answer. A proxy that speaks TLS is to send Strict-Transport-Security: here nobody
 * knows whether the server can be reached by HTTPS alone.
 */
export function securityHeaders(): RequestHandler {
  const all = withPolicy(POLICY);
  const docs = withPolicy({ ...POLICY, styleSrc: ["'self'", "'unsafe-inline'"] });
  return (request: Request, response: Response, next: NextFunction) => {
    (DOCS.test(request.path) ? docs : all)(request, response, next);
  };
}

function withPolicy(directives: typeof POLICY): ReturnType<typeof helmet> {
  return helmet({
    contentSecurityPolicy: { useDefaults: false, directives },
    strictTransportSecurity: false,
    xFrameOptions: { action: 'deny' },
    // Browsers heed these two over HTTPS only, and complain on every page that comes otherwise.
    crossOriginOpenerPolicy: false,
    originAgentCluster: false,
  });
}
