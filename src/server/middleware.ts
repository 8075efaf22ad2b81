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
import { TelemetryWsAdapter, UpgradeGuard } from '../telemetry/index.js';

/**
 * What comes before Nest's router, and so is no guard, pipe or interceptor of a module: files and headers that belong
 * to no route, a body that is not read before its sender may send it, nor beyond its bound, and sockets. Each comes
 * before what stands below it. Everything that a route goes through is in AppModule.
 */
export function setUpMiddleware(
  app: NestExpressApplication,
  settings: Settings,
  dashboard: DashboardOptions | undefined,
): void {
  app.disable('x-powered-by');
  // Answers change with every message; a hash of each would be work for nobody.
  app.disable('etag');
  const browsers = app.get(Browsers);
  setUpDashboard(app, settings, dashboard);
  app.use(refuseOtherHosts(browsers));
  if (settings.CORS_ORIGINS.length > 0) app.enableCors(crossOrigin(settings.CORS_ORIGINS));
  app.use(refuseForeignWrites(browsers));
  app.use(checkBeforeBody(app.get(AccessGuard)));
  app.useBodyParser('json', { limit: MAX_BODY_BYTES });
  app.use(checkJsonBody);
  app.useWebSocketAdapter(new TelemetryWsAdapter(app.getHttpServer(), settings, app.get(UpgradeGuard)));
  setUpOpenApi(app);
}

/** Browsers ask again after so long: seconds. */
const PREFLIGHT_AGE_S = 600;

/** What pages of other hosts may do with the API: ask, and send JSON, with a token but without cookies. */
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
