import { Matches } from 'class-validator';
import { documented, type InputOptions } from './documented.js';

export interface TextOptions extends InputOptions {
  /** What the string is: `the peer id of a node`. */
  takes: string;
  /** Characters, 1024 unless told. */
  maxLength?: number;
}

/** A text, given once. Not an empty one where it is required. PostgreSQL's texts hold every character but NUL. */
export function TextParameter({ takes, maxLength = 1024, ...options }: TextOptions): PropertyDecorator {
  const minLength = options.required === true ? 1 : 0;
  // What is not a string, such as a parameter that is repeated, does not match either.
  return documented(
    options,
    { type: 'string', minLength, maxLength, pattern: '^[^\\u0000]*$' },
    Matches(new RegExp(`^[^\\0]{${minLength.toString()},${maxLength.toString()}}$`, 'u'), {
      message: `must be a single string of at most ${maxLength.toString()} characters without NUL: ${takes}`,
    }),
  );
}
