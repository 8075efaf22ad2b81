import { OperatorError } from '../platform/errors/index.js';

/** A command cannot do what it was asked for. The message says what to do. */
export class CommandError extends OperatorError {
  override readonly name = 'CommandError';
}
