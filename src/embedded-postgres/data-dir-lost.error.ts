import { OperatorError } from '../platform/errors/index.js';

/** The data directory was removed or replaced while the server ran, or its lock file was. */
export class DataDirLostError extends OperatorError {
  override readonly name = 'DataDirLostError';

  constructor(dataDir: string) {
    super(
      `DATA_DIR is lost: the lock file in ${dataDir} was removed or replaced, so that another server can use the ` +
        `database there. PostgreSQL was stopped at once, and the server ends. Make sure that no other server uses ` +
        `this DATA_DIR, and start it again.`,
    );
  }
}
