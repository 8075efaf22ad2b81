import type {
  CorsOptions,
  CorsOptionsDelegate,
} from '@nestjs/common/interfaces/external/cors-options.interface.js';
import type { NestExpressApplication } from '@nestjs/platform-express';
import compression from 'compression';
import type { Application, Request, RequestHandler, Response } from 'express';
import { constants } from 'node:zlib';
import type { Extensions } from '../app.module.js';
import { setUpDashboard } from '../dashboard/index.js';
import {
  AccessGuard,
  Browsers,
  checkBeforeBody,
  refuseForeignWrites,
  refuseOtherHosts,
} from '../platform/access/index.js';
import { ANY_ORIGIN, type Settings } from '../platform/config/index.js';
import { checkJsonBody, ignoreMediaTypeParameters, MAX_BODY_BYTES } from '../platform/http/index.js';
import { allowedMethods, refuseOtherMethods } from '../platform/http-server/index.js';
import { setUpOpenApi } from '../platform/openapi/index.js';
import { UpgradeGuard } from '../telemetry/index.js';
import { securityHeaders } from './security-headers.js';
import { ServerWsAdapter } from './server-ws.adapter.js';

/**
 * Middleware that runs before Nest's router and cannot be a guard, pipe or interceptor: static files and headers, access
 * checks and size limits before a body is read, and WebSocket upgrades. In order of execution. Everything else is in
 * AppModule.
 */
export function setUpMiddleware(
  app: NestExpressApplication,
  settings: Settings,
  { dashboard, openapi }: Extensions,
): void {
  app.disable('x-powered-by');
  // Most responses change with every message, so ETags would never match. Shared lists have one.
  app.disable('etag');
  const browsers = app.get(Browsers);
  app.use(securityHeaders());
  app.use(ignoreMediaTypeParameters);
  setUpDashboard(app, settings, dashboard);
  app.use(compressed());
  app.use(refuseOtherHosts(browsers));
  if (settings.CORS_ORIGINS.length > 0) app.enableCors(crossOrigin(app, settings.CORS_ORIGINS));
  app.use(refuseForeignWrites(browsers));
  app.use(checkBeforeBody(app.get(AccessGuard)));
  app.use(refuseOtherMethods(app.getHttpAdapter().getInstance() as Application));
  app.useBodyParser('json', { limit: MAX_BODY_BYTES });
  app.use(checkJsonBody);
  app.useWebSocketAdapter(new ServerWsAdapter(app.getHttpServer(), settings, app.get(UpgradeGuard)));
  setUpOpenApi(app, openapi);
}

/**
 * Compresses what the routes answer, as fast as zlib can: a stream must not wait for it, and the highest level saves a
 * fifth more.
 */
function compressed(): RequestHandler {
  return compression({
    filter: (request, response) => isNdjson(response) || compression.filter(request, response),
    level: constants.Z_BEST_SPEED,
    brotli: { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MIN_QUALITY + 1 } },
  });
}

/** Which the list of media types that `compression` uses does not know as text. */
function isNdjson(response: Response): boolean {
  return String(response.getHeader('Content-Type')).startsWith('application/x-ndjson');
}

/** Browsers cache preflight responses for this time: seconds. */
const PREFLIGHT_AGE_S = 600;

/** CORS for pages of other hosts: the methods of the path, with a token, without cookies. */
function crossOrigin(app: NestExpressApplication, origins: readonly string[]): CorsOptionsDelegate<Request> {
  const options: CorsOptions = {
    origin: origins.includes(ANY_ORIGIN) ? ANY_ORIGIN : [...origins],
    allowedHeaders: ['Authorization', 'Content-Type', 'If-None-Match'],
    exposedHeaders: ['Allow', 'ETag', 'Location', 'Retry-After', 'WWW-Authenticate'],
    credentials: false,
    maxAge: PREFLIGHT_AGE_S,
    // Every OPTIONS request gets its response in one place: refuseOtherMethods.
    preflightContinue: true,
  };
  const express = app.getHttpAdapter().getInstance() as Application;
  return ({ method, path }, done) =>
    done(null, method === 'OPTIONS' ? { ...options, methods: allowedMethods(express, path) } : options);
}
