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

/** Swagger UI has inline styles. */
const DOCS = /^\/docs(\/|$)/;

/**
 * Sets security headers on every response. Strict-Transport-Security is left to the proxy with TLS: the server does not
 * know whether it can only be reached over HTTPS.
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
    // Browsers ignore these two without HTTPS, and log a warning on every page.
    crossOriginOpenerPolicy: false,
    originAgentCluster: false,
  });
}
