import { applyDecorators } from '@nestjs/common';
import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsBoolean, IsIn, IsInt, IsObject, IsOptional, IsUUID, Matches, Max, Min } from 'class-validator';

const opaqueFields = new WeakMap<object, Set<string>>();

/** Marks a field whose nested content is not validated: a plain value, or JSON that PostgreSQL parses from the body. */
const Opaque: PropertyDecorator = (target, property) => {
  const fields = opaqueFields.get(target) ?? new Set();
  opaqueFields.set(target, fields.add(String(property)));
};

export function isOpaque({ prototype }: { prototype: unknown }, property: string): boolean {
  for (let at = prototype as object | null; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    if (opaqueFields.get(at)?.has(property) === true) return true;
  }
  return false;
}

/** A parameter of a path or query, or a field of a body. Optional by default. */
export interface InputOptions {
  description: string;
  required?: boolean;
  /** Whether null is valid, with another meaning than an omitted value. */
  nullable?: boolean;
  example?: unknown;
  /** The value if omitted. */
  default?: unknown;
}

/** Declares the validation and the documentation of a parameter together. */
export function documented(
  options: InputOptions,
  schema: ApiPropertyOptions,
  ...checks: PropertyDecorator[]
): PropertyDecorator {
  const { required = false, ...rest } = options;
  return applyDecorators(
    Opaque,
    ApiProperty({ ...schema, ...rest, required } as ApiPropertyOptions),
    ...(required ? [] : [IsOptional()]),
    ...checks,
  );
}

interface StringOptions extends InputOptions {
  /** What the string is: `the peer id of a node`. */
  content: string;
  /** Maximum length in characters, 1024 by default. */
  maxLength?: number;
}

/** A string without NUL, which PostgreSQL cannot store. Not empty if it is required. */
export function StringParameter({ content, maxLength = 1024, ...options }: StringOptions): PropertyDecorator {
  const minLength = options.required === true ? 1 : 0;
  // Other types, such as the array of a repeated parameter, do not match either.
  return documented(
    options,
    { type: 'string', minLength, maxLength, pattern: '^[^\\u0000]*$' },
    Matches(new RegExp(`^[^\\0]{${minLength.toString()},${maxLength.toString()}}$`, 'u'), {
      message: `must be a single string of at most ${maxLength.toString()} characters without NUL: ${content}`,
    }),
  );
}

interface IntegerOptions extends InputOptions {
  min: number;
  max: number;
}

/** An integer in a query or path, in decimal digits, between two inclusive bounds. */
export function IntegerParameter(options: IntegerOptions): PropertyDecorator {
  const number = IntegerField(options);
  const digits = Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' ? (/^\d{1,16}$/.test(value) ? Number(value) : NaN) : value,
  );
  return (target, property) => {
    digits(target, property);
    number(target, property);
  };
}

/** The same in a JSON body, as a number. */
export function IntegerField({ min, max, ...options }: IntegerOptions): PropertyDecorator {
  const text = { message: `must be an integer from ${min.toString()} to ${max.toString()}` };
  return documented(
    options,
    { type: 'integer', minimum: min, maximum: max },
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

/** A UUID of any version. */
export function UuidParameter(options: InputOptions): PropertyDecorator {
  return documented(
    { example: '019b0f4e-6f5c-7d7a-b7a1-2f6f0c0a4f11', ...options },
    { type: 'string', format: 'uuid' },
    IsUUID('loose', { message: 'must be a single UUID' }),
  );
}

/** Date, time, and offset. PostgreSQL accepts offsets of less than 16 hours. */
const TIME =
  /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)(?:Z|([+-](?:0\d|1[0-5])):?([0-5]\d))?$/i;
const INVALID_TIME = 'invalid';

/** The pattern in the documentation. */
const PATTERN =
  '^\\d{4}-\\d\\d-\\d\\d[Tt ]\\d\\d:\\d\\d(:\\d\\d(\\.\\d{1,9})?)?([Zz]|[+ -](0\\d|1[0-5]):?[0-5]\\d)?$';

/**
 * A time such as `2019-01-01T00:00:00`, with an optional fraction and offset, UTC by default, from the year 1 to 9999.
 * Becomes a text that PostgreSQL parses as timestamptz, to the microsecond.
 */
export function TimestampParameter(options: InputOptions): PropertyDecorator {
  return documented(
    options,
    { type: 'string', pattern: PATTERN },
    Transform(({ value }: { value: unknown }) =>
      value === undefined || value === null ? value : normalise(value),
    ),
    Matches(/^\d{4}-/, {
      message:
        'must be a single time such as 2019-01-01T00:00:00, in UTC unless it has an offset of less than 16 hours',
    }),
  );
}

function normalise(value: unknown): unknown {
  if (typeof value !== 'string') return INVALID_TIME;
  // An unescaped plus in a query string is decoded as a space.
  const match = TIME.exec(
    value.replace(/ (\d\d:?\d\d)$/, (all, offset: string) => (value.includes('T') ? `+${offset}` : all)),
  );
  if (match === null) return INVALID_TIME;
  const [, date = '', time = '', hours, minutes = '00'] = match;
  const text = `${date}T${time}${hours === undefined ? 'Z' : `${hours}:${minutes}`}`;
  return isDate(date) && !Number.isNaN(Date.parse(text)) ? text : INVALID_TIME;
}

/** Whether it is a date of the years 1 to 9999. Date.parse accepts February 30 as March 1, PostgreSQL does not. */
export function isDate(date: string): boolean {
  const parsed = new Date(`${date}T00:00:00Z`);
  return !Number.isNaN(parsed.getTime()) && parsed.toISOString().startsWith(date) && !date.startsWith('0000');
}

/** A JSON object of any shape in a body. Only its text is used: see JsonBodyText. */
export function ObjectField(options: InputOptions): PropertyDecorator {
  return documented(
    options,
    { type: 'object', additionalProperties: true },
    IsObject({ message: 'must be a JSON object' }),
  );
}

/** Maximum number of rows of a JSON response. */
export const MAX_ROWS = 10_000;

/** The maximum number of rows. */
export function LimitParameter(
  defaultLimit: number,
  description = 'Maximum number of rows.',
): PropertyDecorator {
  return IntegerParameter({ min: 1, max: MAX_ROWS, description, default: defaultLimit });
}

/** The peer id of a node. */
export function PeerIdParameter(options: Omit<InputOptions, 'example' | 'default'>): PropertyDecorator {
  return StringParameter({
    content: 'the peer id of a node',
    example: '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp',
    ...options,
  });
}
