import {
  type ArgumentMetadata,
  BadRequestException,
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  SetMetadata,
  type Type,
  ValidationPipe,
} from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import { Reflector } from '@nestjs/core';
import { getMetadataStorage, type ValidationError } from 'class-validator';
import type { Request } from 'express';
import type { Observable } from 'rxjs';
import { Settings } from '../config/index.js';
import { isOpaque } from './documented.js';
import { rowLimitOf } from './parameters.js';

/** Maximum number of errors in a response. */
const MAX_ERRORS = 20;
const UNKNOWN = 'is unknown';
/** The parameters of queries of 0.1.4, which are ignored where a route has no such parameter. */
const NAMES_OF_0_1_4: ReadonlySet<string> = new Set([
  'peer_id',
  'msg',
  'target',
  'start_time',
  'end_time',
  'limit',
  'max_age_s',
]);

/** Validates parameters and bodies against their classes. Unknown ones are rejected, and a missing body is. */
@Injectable()
export class InputValidationPipe extends ValidationPipe {
  constructor(private readonly settings: Settings) {
    super({
      transform: true,
      whitelist: true,
      forbidNonWhitelisted: true,
      exceptionFactory: (errors) => invalid(errors.map(asPart)),
    });
  }

  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    const { metatype, type } = metadata;
    if (metatype === undefined || type === 'custom') return await super.transform(value, metadata);
    if (type === 'body' && (value === undefined || (Array.isArray(value) && metatype !== Array))) {
      throw invalid([{ parameter: 'body', detail: 'must be a JSON object' }]);
    }
    const input = isObject(value) ? prepare(value, metatype, type === 'query') : value;
    const result: unknown = await super.transform(input, metadata);
    this.checkRowLimit(result, metatype);
    return result;
  }

  private checkRowLimit(result: unknown, metatype: Type): void {
    const parameter = rowLimitOf(metatype);
    if (parameter === undefined) return;
    const limit = (result as Record<string, unknown>)[parameter];
    const { JSON_MAX_ROWS } = this.settings;
    if (typeof limit === 'number' && limit > JSON_MAX_ROWS) throw tooManyRows(parameter, JSON_MAX_ROWS);
  }
}

/** The error for a limit above `JSON_MAX_ROWS`. */
export function tooManyRows(parameter: string, maxRows: number): BadRequestException {
  return invalid([{ parameter, detail: `must be an integer from 1 to ${maxRows.toString()}` }]);
}

/**
 * Rejects unknown fields, since the validator accepts the names of `Object.prototype`, and empties opaque fields, which
 * would be copied deeply.
 */
function prepare(value: object, metatype: Type, isQuery: boolean): object {
  const known = propertiesOf(metatype);
  const entries = Object.entries(value).filter(
    ([name]) => known.has(name) || !(isQuery && NAMES_OF_0_1_4.has(name)),
  );
  const unknown = entries.filter(([name]) => !known.has(name)).map(([name]) => name);
  if (unknown.length > 0) throw unknownParameters(unknown, [...known]);
  return Object.fromEntries(
    entries.map(([name, field]) => [name, isOpaque(metatype, name) ? emptyCopy(field) : field]),
  );
}

function unknownParameters(names: readonly string[], known: readonly string[]): BadRequestException {
  const detail = `${UNKNOWN}; known are: ${known.length === 0 ? 'none' : known.join(', ')}`;
  return invalid(names.map((parameter) => ({ parameter, detail })));
}

function emptyCopy(field: unknown): unknown {
  return Array.isArray(field) ? [] : isObject(field) ? {} : field;
}

function propertiesOf(metatype: Type): Set<string> {
  const found = getMetadataStorage().getTargetValidationMetadatas(metatype, '', false, false);
  return new Set(found.map(({ propertyName }) => propertyName));
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

interface Part {
  parameter: string;
  detail: string;
}

function asPart({ property, constraints = {} }: ValidationError): Part {
  const detail =
    'whitelistValidation' in constraints ? UNKNOWN : (Object.values(constraints)[0] ?? 'is invalid');
  // Default messages of validators begin with the name.
  const own = `${property} `;
  return { parameter: property, detail: detail.startsWith(own) ? detail.slice(own.length) : detail };
}

function invalid(parts: readonly Part[]): BadRequestException {
  const errors = parts.slice(0, MAX_ERRORS);
  return new BadRequestException({
    detail: errors.map(({ parameter, detail }) => `${parameter} ${detail}.`).join(' '),
    errors,
  });
}

const ANY_QUERY = 'tetcore:any-query';

/** Marks a route, or all routes of a controller, that accepts undeclared query parameters. */
export function AnyQuery(): MethodDecorator & ClassDecorator {
  return SetMetadata(ANY_QUERY, true);
}

/**
 * Rejects query parameters if a route has no `@Query()`; the pipe validates those of other routes. Runs after the
 * guards, so that unauthorized clients learn nothing about parameters.
 */
@Injectable()
export class DeclaredQueryInterceptor implements NestInterceptor {
  constructor(private readonly reflector: Reflector) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (context.getType() === 'http' && !this.acceptsParameters(context)) {
      const names = Object.keys(context.switchToHttp().getRequest<Request>().query);
      const unknown = names.filter((name) => !NAMES_OF_0_1_4.has(name));
      if (unknown.length > 0) throw unknownParameters(unknown, []);
    }
    return next.handle();
  }

  private acceptsParameters(context: ExecutionContext): boolean {
    const targets = [context.getHandler(), context.getClass()];
    return this.reflector.getAllAndOverride<boolean>(ANY_QUERY, targets) || declaresQuery(context);
  }
}

/** Nest stores each decorated argument of a method as `TYPE:INDEX`. */
function declaresQuery(context: ExecutionContext): boolean {
  const known: unknown = Reflect.getMetadata(
    ROUTE_ARGS_METADATA,
    context.getClass(),
    context.getHandler().name,
  );
  const prefix = `${RouteParamtypes.QUERY.toString()}:`;
  return Object.keys(known ?? {}).some((key) => key.startsWith(prefix));
}
