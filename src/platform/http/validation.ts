import {
  type ArgumentMetadata,
  BadRequestException,
  Injectable,
  type Type,
  ValidationPipe,
} from '@nestjs/common';
import { getMetadataStorage, type ValidationError } from 'class-validator';
import { isOpaque } from './parameters/opaque-fields.js';

/** More are not listed. */
const MOST_ERRORS = 20;
const UNKNOWN = 'is unknown';

/** Checks every input against its class; what the class does not know is refused. */
export function inputValidation(): ValidationPipe {
  return new InputValidationPipe({
    transform: true,
    whitelist: true,
    forbidNonWhitelisted: true,
    exceptionFactory: (errors) => refusal(errors.map(asPart)),
  });
}

@Injectable()
class InputValidationPipe extends ValidationPipe {
  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    const { metatype, type } = metadata;
    if (metatype === undefined || type === 'custom') return await super.transform(value, metadata);
    if (type === 'body' && Array.isArray(value) && metatype !== Array) {
      throw refusal([{ parameter: 'body', detail: 'must be a JSON object' }]);
    }
    return await super.transform(isObject(value) ? prepared(value, metatype) : value, metadata);
  }
}

/**
 * Refuses what the class does not know by its own names, since the validator takes those of `Object.prototype` for
 * known; and empties what lies in fields that nobody looks into, which would be copied in depth.
 */
function prepared(value: object, metatype: Type): object {
  const known = propertiesOf(metatype);
  const entries = Object.entries(value);
  const unknown = entries.filter(([name]) => !known.has(name)).map(([name]) => name);
  if (unknown.length > 0) throw unknownInputs(unknown);
  return Object.fromEntries(
    entries.map(([name, field]) => [name, isOpaque(metatype, name) ? emptied(field) : field]),
  );
}

/** For inputs that nobody knows. */
export function unknownInputs(names: readonly string[]): BadRequestException {
  return refusal(names.map((parameter) => ({ parameter, detail: UNKNOWN })));
}

function emptied(field: unknown): unknown {
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
  // Validators say so themselves, where nobody has put it otherwise.
  const own = `${property} `;
  return { parameter: property, detail: detail.startsWith(own) ? detail.slice(own.length) : detail };
}

function refusal(parts: readonly Part[]): BadRequestException {
  const errors = parts.slice(0, MOST_ERRORS);
  return new BadRequestException({
    detail: errors.map(({ parameter, detail }) => `${parameter} ${detail}.`).join(' '),
    errors,
  });
}
