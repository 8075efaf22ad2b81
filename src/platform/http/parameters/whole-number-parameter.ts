import { Transform } from 'class-transformer';
import { IsInt, Max, Min } from 'class-validator';
import { documented, type InputOptions } from './documented.js';

export interface WholeNumberOptions extends InputOptions {
  min: number;
  max: number;
}

/** A whole number in a query or path, in decimal digits and given once, between two bounds, both included. */
export function WholeNumberParameter(options: WholeNumberOptions): PropertyDecorator {
  const number = WholeNumberField(options);
  const digits = Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' ? (/^\d{1,16}$/.test(value) ? Number(value) : NaN) : value,
  );
  return (target, property) => {
    digits(target, property);
    number(target, property);
  };
}

/** The same in a JSON body, where it is a number. */
export function WholeNumberField({ min, max, ...options }: WholeNumberOptions): PropertyDecorator {
  const text = { message: `must be an integer from ${min.toString()} to ${max.toString()}` };
  return documented(
    options,
    { type: 'integer', minimum: min, maximum: max },
    IsInt(text),
    Min(min, text),
    Max(max, text),
  );
}
