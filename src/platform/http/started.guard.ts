import {
  type CanActivate,
  type ExecutionContext,
  Injectable,
  ServiceUnavailableException,
  SetMetadata,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { Lifecycle } from '../lifecycle/index.js';

const BEFORE_START = 'tetcore:before-start';

/** Of a route, or of all routes of a controller, that answers before the database is there: it asks it nothing. */
export function BeforeStart(): MethodDecorator & ClassDecorator {
  return SetMetadata(BEFORE_START, true);
}

/** Nothing else can be answered before the database is there and migrated. */
@Injectable()
export class StartedGuard implements CanActivate {
  constructor(
    private readonly lifecycle: Lifecycle,
    private readonly reflector: Reflector,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    if (this.lifecycle.state !== 'starting' || context.getType() !== 'http') return true;
    const places = [context.getHandler(), context.getClass()];
    if (this.reflector.getAllAndOverride<boolean>(BEFORE_START, places)) return true;
    throw new ServiceUnavailableException('The server is waiting for its database.');
  }
}
