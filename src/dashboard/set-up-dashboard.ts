import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Settings } from '../config/index.js';
import { securityHeaders } from './security-headers.js';
import { staticPages } from './static-pages.js';

/** The pages of `ASSETS_PATH`, and security headers on every answer. Comes before everything else that answers. */
export function setUpDashboard(app: NestExpressApplication, settings: Settings): void {
  app.use(securityHeaders());
  app.use(staticPages(settings.ASSETS_PATH));
}
