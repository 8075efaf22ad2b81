import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NextFunction, Request, Response } from 'express';
import type { Settings } from '../platform/config/index.js';
import { checkPages, type DashboardPage } from './dashboard-page.js';
import { securityHeaders } from './security-headers.js';
import { staticPages } from './static-pages.js';

export interface DashboardOptions {
  pages?: readonly DashboardPage[];
}

/**
 * The pages of `ASSETS_PATH` and of a team's own, a list of the latter at `/dashboard/pages.json`, and security
 * headers on every answer. Comes before everything else that answers.
 *
 * @throws InvalidDashboardPageError
 */
export function setUpDashboard(
  app: NestExpressApplication,
  settings: Settings,
  { pages = [] }: DashboardOptions = {},
): void {
  checkPages(pages);
  app.use(securityHeaders());
  const list = pages.map(({ name, title }) => ({ title, path: `/dashboard/${name}/` }));
  app.use((request: Request, response: Response, next: NextFunction) => {
    if (request.path !== '/dashboard/pages.json' || !['GET', 'HEAD'].includes(request.method)) next();
    else response.set('Cache-Control', 'no-cache').json(list);
  });
  app.use(staticPages(settings.ASSETS_PATH, new Map(pages.map(({ name, folder }) => [name, folder]))));
}
