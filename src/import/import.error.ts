import { OperatorError } from '../platform/errors/index.js';

/** A database cannot be brought over as things are. The message says why, and what to do. */
export class ImportError extends OperatorError {
  override readonly name = 'ImportError';
}
