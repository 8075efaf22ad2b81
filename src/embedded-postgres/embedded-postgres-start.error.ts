import { OperatorError } from '../platform/errors/index.js';

/** The server's own PostgreSQL could not be set up or started; the message ends with what PostgreSQL said. */
export class EmbeddedPostgresStartError extends OperatorError {
  override readonly name = 'EmbeddedPostgresStartError';

  constructor(what: string, output = '') {
    super(output.trim() === '' ? what : `${what}\n${output.trim()}`);
  }
}
