import { Logger } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import compression from 'compression';
import express, { type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import { existsSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import type { Settings } from '../platform/config/index.js';
import { checkPages, type DashboardPage } from './dashboard-page.js';

export interface DashboardOptions {
  pages?: readonly DashboardPage[];
}

/**
 * Serves the pages of `ASSETS_PATH` and of extensions, and a list of the latter at `/dashboard/pages.json`. Must be set
 * up before all routes.
 *
 * @throws InvalidDashboardPageError
 */
export function setUpDashboard(
  app: NestExpressApplication,
  settings: Settings,
  { pages = [] }: DashboardOptions = {},
): void {
  checkPages(pages);
  warnOfMissingPages(settings.ASSETS_PATH);
  const list = pages.map(({ name, title }) => ({ title, path: `/dashboard/${name}/` }));
  app.use((request: Request, response: Response, next: NextFunction) => {
    if (request.path !== '/dashboard/pages.json' || !['GET', 'HEAD'].includes(request.method)) next();
    else response.set('Cache-Control', 'no-cache').json(list);
  });
  app.use(staticPages(settings.ASSETS_PATH, new Map(pages.map(({ name, folder }) => [name, folder]))));
}

/** The pages of 0.1.4 are one folder higher, and consist of inline scripts, which the content security policy forbids. */
function warnOfMissingPages(folder: string): void {
  if (existsSync(join(folder, 'dashboard/index.html'))) return;
  const cause = existsSync(join(folder, 'benchmarks/index.html'))
    ? 'It has the pages of 0.1.4, which do not work here. Unset ASSETS_PATH to use the pages of this version.'
    : 'Unset ASSETS_PATH, or build the pages with npm run build.';
  new Logger('Dashboard').warn(
    `The dashboards are not served: ${folder} has no dashboard/index.html. ${cause}`,
  );
}

/** A file beside `index.html`, such as a favicon. All other paths belong to routes. */
const FILE_AT_THE_TOP = /^\/[^/]+\.[^/.]+$/;
const DASHBOARD = /^\/dashboard(\/|$)/;
/** Vite puts the hash of their content into the names of these files. */
const HASHED = `dashboard${sep}assets${sep}`;

/**
 * Serves a folder: the dashboards under `/dashboard`, the files beside `index.html`, and `index.html` at `/` to clients
 * that prefer HTML over JSON. Other paths are passed to the routes. Only files are compressed: responses from the
 * database are streamed.
 *
 * @param others folders of further pages, by their names under `/dashboard`
 */
function staticPages(folder: string, others: ReadonlyMap<string, string> = new Map()): RequestHandler {
  const compress = compression();
  const files = express.Router();
  for (const [name, other] of others) {
    files.use(`/dashboard/${name}`, express.static(resolve(other), { setHeaders: neverStale }));
  }
  const root = resolve(folder);
  files.use(
    express.static(root, { setHeaders: (response, path) => cacheHeaders(response, relative(root, path)) }),
  );
  return (request: Request, response: Response, next: NextFunction) => {
    if (!isPage(request, response)) {
      next();
      return;
    }
    void compress(request, response, (error?: unknown) => {
      if (error === undefined) files(request, response, next);
      else next(error);
    });
  };
}

function isPage(request: Request, response: Response): boolean {
  if (request.method !== 'GET' && request.method !== 'HEAD') return false;
  if (request.path !== '/') return DASHBOARD.test(request.path) || FILE_AT_THE_TOP.test(request.path);
  response.vary('Accept');
  return request.accepts('json', 'html') === 'html';
}

interface Headers {
  setHeader(name: string, value: string): unknown;
}

function cacheHeaders(response: Headers, path: string): void {
  if (path.startsWith(HASHED)) response.setHeader('Cache-Control', 'public, max-age=31536000, immutable');
  else neverStale(response);
}

function neverStale(response: Headers): void {
  response.setHeader('Cache-Control', 'no-cache');
}
