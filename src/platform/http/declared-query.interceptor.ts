import {
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  SetMetadata,
} from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import { Reflector } from '@nestjs/core';
import type { Request } from 'express';
import type { Observable } from 'rxjs';
import { unknownInputs } from './validation.js';

const ANY_QUERY = 'tetcore:any-query';

/** Of a route, or of all routes of a controller, that takes whatever parameters come, without declaring them. */
export function AnyQuery(): MethodDecorator & ClassDecorator {
  return SetMetadata(ANY_QUERY, true);
}

/**
 * Refuses every parameter where a route has no `@Query()`. Those of the others are for the pipe that checks inputs. It
 * comes after the guards: who may not ask is told nothing of parameters.
 */
@Injectable()
export class DeclaredQueryInterceptor implements NestInterceptor {
  constructor(private readonly reflector: Reflector) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (context.getType() === 'http' && !this.takesParameters(context)) {
      const names = Object.keys(context.switchToHttp().getRequest<Request>().query);
      if (names.length > 0) throw unknownInputs(names);
    }
    return next.handle();
  }

  private takesParameters(context: ExecutionContext): boolean {
    const places = [context.getHandler(), context.getClass()];
    return this.reflector.getAllAndOverride<boolean>(ANY_QUERY, places) || declaresQuery(context);
  }
}

/** Nest notes down each decorated argument of a method under `TYPE:INDEX`. */
function declaresQuery(context: ExecutionContext): boolean {
  const known: unknown = Reflect.getMetadata(
    ROUTE_ARGS_METADATA,
    context.getClass(),
    context.getHandler().name,
  );
  const prefix = `${RouteParamtypes.QUERY.toString()}:`;
  return Object.keys(known ?? {}).some((key) => key.startsWith(prefix));
}
