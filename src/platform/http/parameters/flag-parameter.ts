import { Transform } from 'class-transformer';
import { IsBoolean } from 'class-validator';
import { documented, type InputOptions } from './documented.js';

const FLAGS = new Map<unknown, boolean>([
  ['true', true],
  ['false', false],
]);

/** `true` or `false` in a query, once. */
export function FlagParameter(options: InputOptions): PropertyDecorator {
  return documented(
    options,
    { type: 'boolean' },
    Transform(({ value }: { value: unknown }) => FLAGS.get(value) ?? value),
    IsBoolean({ message: 'must be true or false' }),
  );
}
