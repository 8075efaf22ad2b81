/** The token of the URL of the database: the one that is set, or that of the server's own PostgreSQL. */
export const DATABASE_URL = Symbol('DATABASE_URL');
