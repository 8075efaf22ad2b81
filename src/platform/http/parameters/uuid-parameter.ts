import { IsUUID } from 'class-validator';
import { documented, type InputOptions } from './documented.js';

/** A UUID of any version, once. */
export function UuidParameter(options: InputOptions): PropertyDecorator {
  return documented(
    { example: '019b0f4e-6f5c-7d7a-b7a1-2f6f0c0a4f11', ...options },
    { type: 'string', format: 'uuid' },
    IsUUID('loose', { message: 'must be a single UUID' }),
  );
}
