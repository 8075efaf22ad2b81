import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { IsInt, Max, Min } from 'class-validator';

/** A whole number in a query, in decimal digits and given once, between two bounds that are both included. */
export function WholeNumberParameter(min: number, max: number): PropertyDecorator {
  const text = { message: `takes a whole number from ${min.toString()} to ${max.toString()}, once` };
  return applyDecorators(
    Transform(({ value }: { value: unknown }) =>
      typeof value === 'string' ? (/^\d{1,15}$/.test(value) ? Number(value) : NaN) : value,
    ),
    IsInt(text),
    Min(min, text),
    Max(max, text),
  );
}
