import type { CorsOptions } from '@nestjs/common/interfaces/external/cors-options.interface.js';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { type DashboardOptions, setUpDashboard } from '../dashboard/index.js';
import {
  AccessGuard,
  Browsers,
  checkBeforeBody,
  refuseForeignWrites,
  refuseOtherHosts,
} from '../platform/access/index.js';
import { ANY_ORIGIN, type Settings } from '../platform/config/index.js';
import { checkJsonBody, MAX_BODY_BYTES } from '../platform/http/index.js';
import { setUpOpenApi } from '../platform/openapi/index.js';
import { ServerWsAdapter, UpgradeGuard } from '../telemetry/index.js';

/**
 * Middleware that runs before Nest's router and cannot be a guard, pipe or interceptor: static files and headers, access
 * checks and size limits before a body is read, and WebSocket upgrades. In order of execution. Everything else is in
 * AppModule.
 */
export function setUpMiddleware(
  app: NestExpressApplication,
  settings: Settings,
  dashboard: DashboardOptions | undefined,
): void {
  app.disable('x-powered-by');
  // Responses change with every message, so ETags would never match.
  app.disable('etag');
  const browsers = app.get(Browsers);
  setUpDashboard(app, settings, dashboard);
  app.use(refuseOtherHosts(browsers));
  if (settings.CORS_ORIGINS.length > 0) app.enableCors(crossOrigin(settings.CORS_ORIGINS));
  app.use(refuseForeignWrites(browsers));
  app.use(checkBeforeBody(app.get(AccessGuard)));
  app.useBodyParser('json', { limit: MAX_BODY_BYTES });
  app.use(checkJsonBody);
  app.useWebSocketAdapter(new ServerWsAdapter(app.getHttpServer(), settings, app.get(UpgradeGuard)));
  setUpOpenApi(app);
}

/** Browsers cache preflight responses for this time: seconds. */
const PREFLIGHT_AGE_S = 600;

/** CORS for pages of other hosts: GET and JSON POST requests with a token, without cookies. */
function crossOrigin(origins: readonly string[]): CorsOptions {
  return {
    origin: origins.includes(ANY_ORIGIN) ? ANY_ORIGIN : [...origins],
    methods: ['GET', 'HEAD', 'POST'],
    allowedHeaders: ['Authorization', 'Content-Type'],
    exposedHeaders: ['Retry-After', 'WWW-Authenticate'],
    credentials: false,
    maxAge: PREFLIGHT_AGE_S,
  };
}
