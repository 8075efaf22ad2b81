import { applyDecorators } from '@nestjs/common';
import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import { Opaque } from './opaque-fields.js';

/** What an input is for. It may be left out, unless it is required. */
export interface InputOptions {
  description: string;
  required?: boolean;
  /** Null is taken too, where it says something else than leaving it out. */
  nullable?: boolean;
  example?: unknown;
  /** What is taken where it is left out. */
  default?: unknown;
}

/** Puts what is checked and what is documented in one place. */
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
