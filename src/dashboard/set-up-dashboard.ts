import type { NestExpressApplication } from '@nestjs/platform-express';
import compression from 'compression';
import express, { type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import helmet from 'helmet';
import { relative, resolve, sep } from 'node:path';
import type { Settings } from '../platform/config/index.js';
import { checkPages, type DashboardPage } from './dashboard-page.js';

export interface DashboardOptions {
  pages?: readonly DashboardPage[];
}

/**
 * Serves the pages of `ASSETS_PATH` and of extensions, and a list of the latter at `/dashboard/pages.json`, and sets
 * security headers on every response. Must be set up before all routes.
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
function securityHeaders(): RequestHandler {
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
