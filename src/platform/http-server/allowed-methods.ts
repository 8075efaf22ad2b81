import { MethodNotAllowedException } from '@nestjs/common';
import type { Application, NextFunction, Request, RequestHandler, Response } from 'express';

/** A route in a router of Express, whose types lack it. */
interface RouteLayer {
  route: { path: unknown; methods: Record<string, boolean> };
  match(path: string): boolean;
}

/**
 * The methods of a path, by the routes of the application; empty if it has no route. `/benchmarks/example` has only its
 * own, and not those of `/benchmarks/:id`.
 */
export function allowedMethods({ router }: Application, path: string): string[] {
  const layers = (router.stack as unknown as Partial<RouteLayer>[]).filter(
    (layer): layer is RouteLayer => layer.route !== undefined && matches(layer as RouteLayer, path),
  );
  const own = layers.filter(({ route }) => typeof route.path === 'string' && !/[:*{]/.test(route.path));
  const methods = new Set<string>();
  for (const { route } of own.length > 0 ? own : layers) {
    // Middleware of Nest has a route for all methods.
    for (const method of Object.keys(route.methods)) if (method !== '_all') methods.add(method.toUpperCase());
  }
  if (methods.has('GET')) methods.add('HEAD');
  if (methods.size > 0) methods.add('OPTIONS');
  return [...methods].sort();
}

function matches(layer: RouteLayer, path: string): boolean {
  try {
    return layer.match(path);
  } catch {
    // Invalid percent-encoding.
    return false;
  }
}

/**
 * Responds to methods that a path does not have: 204 to OPTIONS, 405 to others, with `Allow`. To be used before the
 * routes, and before a body is read.
 */
export function refuseOtherMethods(app: Application): RequestHandler {
  return (request: Request, response: Response, next: NextFunction) => {
    const { method, path } = request;
    const methods = allowedMethods(app, path);
    if (methods.length === 0 || (method !== 'OPTIONS' && methods.includes(method))) {
      next();
      return;
    }
    response.setHeader('Allow', methods.join(', '));
    if (method === 'OPTIONS') response.status(204).end();
    else next(new MethodNotAllowedException(`This path accepts ${methods.join(', ')}.`));
  };
}
