import { IsIn } from 'class-validator';
import { documented, type InputOptions } from './documented.js';

export interface ChoiceOptions extends InputOptions {
  of: readonly string[];
}

/** One of a few words. */
export function ChoiceParameter({ of, ...options }: ChoiceOptions): PropertyDecorator {
  return documented(
    options,
    { type: 'string', enum: [...of] },
    IsIn(of, { message: `must be one of: ${of.join(', ')}` }),
  );
}
