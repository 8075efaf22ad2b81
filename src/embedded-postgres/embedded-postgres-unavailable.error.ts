/** This machine or installation cannot run the PostgreSQL that comes with the server. */
export class EmbeddedPostgresUnavailableError extends Error {
  override readonly name = 'EmbeddedPostgresUnavailableError';

  constructor(reason: string, remedy?: string) {
    super(
      `The embedded PostgreSQL cannot run here: ${reason} ` +
        `Set DATABASE_URL to your own database${remedy === undefined ? '' : `, or ${remedy}`}.`,
    );
  }
}
