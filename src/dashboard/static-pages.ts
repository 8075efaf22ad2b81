import compression from 'compression';
import express, { type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import { resolve, sep } from 'node:path';

/** A file beside `index.html`, such as a favicon. Everything else there belongs to routes. */
const FILE_AT_THE_TOP = /^\/[^/]+\.[^/.]+$/;
const DASHBOARD = /^\/dashboard(\/|$)/;
/** Vite names what lies here after its content. */
const HASHED = `${sep}dashboard${sep}assets${sep}`;

/**
 * Serves a folder: the dashboards under `/dashboard`, the files beside `index.html`, and `index.html` itself to
 * whoever would rather have HTML than JSON at `/`. What is not there is left to the routes. Only what comes from the
 * folder is compressed: answers that are read from the database are sent as they are read.
 */
export function staticPages(folder: string): RequestHandler {
  const compress = compression();
  const files = express.static(resolve(folder), { setHeaders: cacheHeaders });
  return (request: Request, response: Response, next: NextFunction) => {
    if (!isPage(request, response)) {
      next();
      return;
    }
    void compress(request, response, (error?: unknown) => {
      if (error === undefined) void files(request, response, next);
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

function cacheHeaders(response: { setHeader(name: string, value: string): unknown }, path: string): void {
  const isHashed = path.includes(HASHED);
  response.setHeader('Cache-Control', isHashed ? 'public, max-age=31536000, immutable' : 'no-cache');
}
