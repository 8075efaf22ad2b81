import { ApiProperty } from '@nestjs/swagger';

interface FieldOptions {
  nullable?: boolean;
  /** False if the field may be missing. */
  required?: boolean;
  example?: unknown;
  enum?: string[];
  /** Of an integer: `int64` by default. */
  format?: 'int32';
}

type FieldOf = (description: string, options?: FieldOptions) => PropertyDecorator;

const field =
  (schema: object): FieldOf =>
  (description, options = {}) =>
    ApiProperty({ ...schema, ...(description !== '' && { description }), ...options });

/** Document the fields of responses. */
export const ApiString = field({ type: 'string' });
export const ApiBoolean = field({ type: 'boolean' });
export const ApiInteger = field({ type: 'integer', format: 'int64' });
export const ApiNumber = field({ type: 'number' });
export const ApiUuid = field({
  type: 'string',
  format: 'uuid',
  example: '019b0f4e-6f5c-7d7a-b7a1-2f6f0c0a4f11',
});
/** RFC 3339 in UTC, with microseconds. */
export const ApiTimestamp = field({
  type: 'string',
  format: 'date-time',
  example: '2026-01-02T03:04:05.678901Z',
});
/** A JSON object of any shape. */
export const ApiObject = field({ type: 'object', additionalProperties: true });
export const ApiStringList = field({ type: 'array', items: { type: 'string' } });
export const ApiIntegerList = field({ type: 'array', items: { type: 'integer', format: 'int64' } });
