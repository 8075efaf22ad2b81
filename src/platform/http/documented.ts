import { applyDecorators } from '@nestjs/common';
import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';

const opaqueFields = new WeakMap<object, Set<string>>();

/** Marks a field whose nested content is not validated: a plain value, or JSON that PostgreSQL parses from the body. */
const Opaque: PropertyDecorator = (target, property) => {
  const fields = opaqueFields.get(target) ?? new Set();
  opaqueFields.set(target, fields.add(String(property)));
};

export function isOpaque(type: { prototype: unknown }, property: string): boolean {
  return prototypesOf(type).some((prototype) => opaqueFields.get(prototype)?.has(property));
}

/** The prototype of a class, and those of the classes that it extends. */
export function prototypesOf({ prototype }: { prototype: unknown }): object[] {
  const found: object[] = [];
  for (let at = prototype as object | null; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    found.push(at);
  }
  return found;
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
