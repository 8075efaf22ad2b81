/** The database cannot hold what nodes send. */
export class UnsupportedDatabaseError extends Error {
  override readonly name = 'UnsupportedDatabaseError';

  /** @param what completes a sentence: `is encoded in LATIN1, but …` */
  constructor(what: string) {
    super(`The database ${what}.`);
  }
}

/** Migrations are missing and this server is told not to run them. */
export class SchemaOutdatedError extends Error {
  override readonly name = 'SchemaOutdatedError';

  constructor() {
    super(
      'The database schema is not up to date. Run `tetcore-analytics migrate`, or set MIGRATE_ON_START=true.',
    );
  }
}
