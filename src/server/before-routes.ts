import type { NestExpressApplication } from '@nestjs/platform-express';
import {
  AccessGuard,
  Browsers,
  checkBeforeBody,
  refuseForeignWrites,
  refuseOtherHosts,
} from '../platform/access/index.js';
import type { Settings } from '../platform/config/index.js';
import { type DashboardOptions, setUpDashboard } from '../dashboard/index.js';
import { checkJsonBody, MAX_BODY_BYTES } from '../platform/http/index.js';
import { setUpOpenApi } from '../platform/openapi/index.js';
import { TelemetryWsAdapter, UpgradeGuard } from '../telemetry/index.js';
import { crossOrigin } from './cross-origin.js';

/**
 * What comes before Nest's router, and so is no guard, pipe or interceptor of a module: files and headers that belong
 * to no route, a body that is not read before its sender may send it, nor beyond its bound, and sockets. Each comes
 * before what stands below it. Everything that a route goes through is in AppModule.
 */
export function setUpBeforeRoutes(
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
