import { OperatorError } from '../platform/errors/index.js';

/** The embedded PostgreSQL could not be created or started; the message ends with its output. */
export class EmbeddedPostgresStartError extends OperatorError {
  override readonly name = 'EmbeddedPostgresStartError';

  constructor(what: string, output = '') {
    super(output.trim() === '' ? what : `${what}\n${output.trim()}`);
  }
}

/** This machine or installation cannot run the embedded PostgreSQL. */
export class EmbeddedPostgresUnavailableError extends OperatorError {
  override readonly name = 'EmbeddedPostgresUnavailableError';

  constructor(reason: string, remedy?: string) {
    super(
      `The embedded PostgreSQL cannot run here: ${reason} ` +
        `Set DATABASE_URL to your own database${remedy === undefined ? '' : `, or ${remedy}`}.`,
    );
  }
}
