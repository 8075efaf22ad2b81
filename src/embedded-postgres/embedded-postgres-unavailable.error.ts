import { OperatorError } from '../platform/errors/index.js';

/** This machine or installation cannot run the PostgreSQL that comes with the server. */
export class EmbeddedPostgresUnavailableError extends OperatorError {
  override readonly name = 'EmbeddedPostgresUnavailableError';

  constructor(reason: string, remedy?: string) {
    super(
      `The PostgreSQL that comes with the server cannot run here: ${reason} ` +
        `Set DATABASE_URL to a database of your own${remedy === undefined ? '' : `, or ${remedy}`}.`,
    );
  }
}
