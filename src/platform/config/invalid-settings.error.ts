import { OperatorError } from '../errors/index.js';

/** The environment holds values that cannot be used; the message has a line for each. */
export class InvalidSettingsError extends OperatorError {
  override readonly name = 'InvalidSettingsError';

  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
  }
}
