import { IsObject } from 'class-validator';
import { documented, type InputOptions } from './documented.js';

/** A JSON object of any shape in a body, of which only the text is used: see JsonBodyText. */
export function ObjectField(options: InputOptions): PropertyDecorator {
  return documented(
    options,
    { type: 'object', additionalProperties: true },
    IsObject({ message: 'must be a JSON object' }),
  );
}
