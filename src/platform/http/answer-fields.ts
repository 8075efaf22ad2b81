import { ApiProperty } from '@nestjs/swagger';

interface FieldOptions {
  nullable?: boolean;
  /** Where it may be left out. */
  required?: boolean;
  example?: unknown;
  enum?: string[];
}

type FieldOf = (description: string, options?: FieldOptions) => PropertyDecorator;

const field =
  (schema: object): FieldOf =>
  (description, options = {}) =>
    ApiProperty({ ...schema, ...(description !== '' && { description }), ...options });

/** The fields of answers, for the documentation. */
export const TextOf = field({ type: 'string' });
export const FlagOf = field({ type: 'boolean' });
export const WholeNumberOf = field({ type: 'integer', format: 'int64' });
export const NumberOf = field({ type: 'number' });
export const UuidOf = field({
  type: 'string',
  format: 'uuid',
  example: '019b0f4e-6f5c-7d7a-b7a1-2f6f0c0a4f11',
});
/** RFC 3339 in UTC, with microseconds. */
export const TimeOf = field({ type: 'string', format: 'date-time', example: '2026-01-02T03:04:05.678901Z' });
/** A JSON object of any shape. */
export const ObjectOf = field({ type: 'object', additionalProperties: true });
export const TextListOf = field({ type: 'array', items: { type: 'string' } });
