import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsObject,
  IsOptional,
  IsUUID,
  Matches,
  Max,
  Min,
} from 'class-validator';
import { DEFAULT_JSON_MAX_ROWS } from '../config/index.js';
import { documented, type InputOptions, prototypesOf } from './documented.js';

interface StringOptions extends InputOptions {
  /** What the string is: `the peer id of a node`. */
  content: string;
  /** Maximum length in characters, 1024 by default. */
  maxLength?: number;
  /** Minimum length in characters, 1 by default if it is required. */
  minLength?: number;
}

/** A string without NUL, which PostgreSQL cannot store. */
export function StringParameter({
  content,
  maxLength = 1024,
  minLength,
  ...options
}: StringOptions): PropertyDecorator {
  const min = minLength ?? (options.required === true ? 1 : 0);
  // Other types, such as the array of a repeated parameter, do not match either.
  return documented(
    options,
    { type: 'string', minLength: min, maxLength, pattern: '^[^\\u0000]*$' },
    Matches(new RegExp(`^[^\\0]{${min.toString()},${maxLength.toString()}}$`, 'u'), {
      message: `must be a single string of at most ${maxLength.toString()} characters without NUL: ${content}`,
    }),
  );
}

interface IntegerOptions extends InputOptions {
  min: number;
  max: number;
}

const fromDigits = Transform(({ value }: { value: unknown }) =>
  typeof value === 'string' ? (/^\d{1,16}$/.test(value) ? Number(value) : NaN) : value,
);

/** An integer in a query or path, in decimal digits, between two inclusive bounds. */
export function IntegerParameter(options: IntegerOptions): PropertyDecorator {
  return applyDecorators(fromDigits, IntegerField(options));
}

/** The largest number of the format `int32`. */
export const MAX_INT32 = 2_147_483_647;

/** The same in a JSON body, as a number. */
export function IntegerField({ min, max, ...options }: IntegerOptions): PropertyDecorator {
  const text = { message: `must be an integer from ${min.toString()} to ${max.toString()}` };
  return documented(
    options,
    // Without a format, generated clients use 32 bits.
    { type: 'integer', format: max > MAX_INT32 ? 'int64' : 'int32', minimum: min, maximum: max },
    IsInt(text),
    Min(min, text),
    Max(max, text),
  );
}

const BOOLEANS = new Map<unknown, boolean>([
  ['true', true],
  ['false', false],
]);

/** `true` or `false` in a query. */
export function BooleanParameter(options: InputOptions): PropertyDecorator {
  return documented(
    options,
    { type: 'boolean' },
    Transform(({ value }: { value: unknown }) => BOOLEANS.get(value) ?? value),
    IsBoolean({ message: 'must be true or false' }),
  );
}

/** The same in a JSON body, as a boolean. */
export function BooleanField(options: InputOptions): PropertyDecorator {
  return documented(options, { type: 'boolean' }, IsBoolean({ message: 'must be true or false' }));
}

interface EnumOptions extends InputOptions {
  of: readonly string[];
}

/** One of a list of strings. */
export function EnumParameter({ of, ...options }: EnumOptions): PropertyDecorator {
  return documented(
    options,
    { type: 'string', enum: [...of] },
    IsIn(of, { message: `must be one of: ${of.join(', ')}` }),
  );
}

/** Some of a list of strings, separated by commas, in a query. */
export function EnumListParameter({ of, ...options }: EnumOptions): PropertyDecorator {
  const message = `must be some of these, separated by commas: ${of.join(', ')}`;
  const any = `(?:${of.join('|')})`;
  return documented(
    options,
    { type: 'string', pattern: `^${any}(?:,${any})*$` },
    // Of a repeated parameter comes an array.
    Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.split(',') : [''])),
    IsArray({ message }),
    IsIn(of, { each: true, message }),
  );
}

/** A UUID of any version. */
export function UuidParameter(options: InputOptions): PropertyDecorator {
  return documented(
    { example: '019b0f4e-6f5c-7d7a-b7a1-2f6f0c0a4f11', ...options },
    { type: 'string', format: 'uuid' },
    IsUUID('loose', { message: 'must be a single UUID' }),
  );
}

/** A JSON object of any shape in a body. Only its text is used: see JsonBodyText. */
export function ObjectField(options: InputOptions): PropertyDecorator {
  return documented(
    options,
    { type: 'object', additionalProperties: true },
    IsObject({ message: 'must be a JSON object' }),
  );
}

/** The number of rows of lists that have no smaller default. */
export const DEFAULT_ROWS = 10_000;

/**
 * The maximum number of rows of a JSON list. The highest value is a setting, `JSON_MAX_ROWS`: InputValidationPipe checks
 * it, and the OpenAPI document has it.
 */
export function LimitParameter(
  defaultLimit: number,
  description = 'Maximum number of rows.',
): PropertyDecorator {
  const text = { message: 'must be an integer from 1 to JSON_MAX_ROWS' };
  return applyDecorators(
    (target: object, property: string | symbol) => rowLimits.set(target, String(property)),
    fromDigits,
    documented(
      { description, default: defaultLimit },
      { type: 'integer', format: 'int32', minimum: 1, maximum: DEFAULT_JSON_MAX_ROWS },
      IsInt(text),
      Min(1, text),
    ),
  );
}

const rowLimits = new WeakMap<object, string>();

/** The property of a class that a {@link LimitParameter} decorates. */
export function rowLimitOf(type: { prototype: unknown }): string | undefined {
  const declaring = prototypesOf(type).find((prototype) => rowLimits.has(prototype));
  return declaring && rowLimits.get(declaring);
}

/** The peer id of a node. */
export function PeerIdParameter(options: Omit<InputOptions, 'example' | 'default'>): PropertyDecorator {
  return StringParameter({
    content: 'the peer id of a node',
    example: '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp',
    ...options,
  });
}

/** The peer ids of several nodes: a parameter that is repeated. */
export function PeerIdsParameter({
  description,
  max,
}: {
  description: string;
  /** The most values. */
  max: number;
}): PropertyDecorator {
  const items = { type: 'string', minLength: 1, maxLength: 1024, pattern: '^[^\\u0000]*$' };
  const text = { message: `must be the peer ids of at most ${max.toString()} nodes` };
  // Not `documented`, which keeps the content of lists from checks.
  return applyDecorators(
    ApiProperty({ type: 'array', items, maxItems: max, description, required: false }),
    IsOptional(),
    Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? [value] : value)),
    IsArray(text),
    ArrayMaxSize(max, text),
    Matches(/^[^\0]{1,1024}$/u, { ...text, each: true }),
  );
}
