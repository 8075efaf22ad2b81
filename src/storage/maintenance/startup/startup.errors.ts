import { OperatorError } from '../../../platform/errors/index.js';

/** The database cannot hold what nodes send. */
export class UnsupportedDatabaseError extends OperatorError {
  override readonly name = 'UnsupportedDatabaseError';

  constructor(what: string) {
    super(`The database is ${what}.`);
  }
}

/** Migrations are missing and this server is told not to run them. */
export class SchemaOutdatedError extends OperatorError {
  override readonly name = 'SchemaOutdatedError';

  constructor() {
    super(
      'The database schema is not up to date. Run `tetcore-analytics migrate`, or set MIGRATE_ON_START=true.',
    );
  }
}
