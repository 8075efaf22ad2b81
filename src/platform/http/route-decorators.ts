import {
  applyDecorators,
  type CanActivate,
  type ExecutionContext,
  Header,
  HttpCode,
  Injectable,
  ServiceUnavailableException,
  SetMetadata,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ApiExcludeEndpoint, DECORATORS } from '@nestjs/swagger';
import { Lifecycle } from '../lifecycle/index.js';
import { AnyQuery } from './validation.js';

/** The metadata of a route that {@link Open} marks. */
export const OPEN = 'tetcore:open';

/** Marks a route that needs no token, because it returns no stored data. */
export function Open(): MethodDecorator {
  return applyDecorators(SetMetadata(OPEN, true), describeAsOpen);
}

/** Works before and after ApiOperation. */
const describeAsOpen: MethodDecorator = (_target, _property, { value }) => {
  const route = value as object;
  const operation = Reflect.getMetadata(DECORATORS.API_OPERATION, route) as object | undefined;
  Reflect.defineMetadata(DECORATORS.API_OPERATION, { ...operation, security: [] }, route);
};

const BEFORE_START = 'tetcore:before-start';

/** Marks a route, or all routes of a controller, that works before the database is ready. */
export function BeforeStart(): MethodDecorator & ClassDecorator {
  return SetMetadata(BEFORE_START, true);
}

/** Rejects other requests until the database is ready and migrated. */
@Injectable()
export class StartedGuard implements CanActivate {
  constructor(
    private readonly lifecycle: Lifecycle,
    private readonly reflector: Reflector,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    if (this.lifecycle.state !== 'starting' || context.getType() !== 'http') return true;
    const targets = [context.getHandler(), context.getClass()];
    if (this.reflector.getAllAndOverride<boolean>(BEFORE_START, targets)) return true;
    throw new ServiceUnavailableException('The server is waiting for its database.');
  }
}

/** Marks the response to plain HTTP on a WebSocket path. OpenAPI cannot describe it: the description does. */
export function WebSocketPath(): MethodDecorator {
  return applyDecorators(
    ApiExcludeEndpoint(),
    Open(),
    BeforeStart(),
    AnyQuery(),
    HttpCode(426),
    Header('Upgrade', 'websocket'),
    Header('Content-Type', 'application/problem+json'),
  );
}
