import { OperatorError } from '../../../platform/errors/index.js';

/** The role of dashboards is not as it should be, and what its operator can do about that. */
export class ReaderRoleError extends OperatorError {
  override readonly name = 'ReaderRoleError';
}
