export { DataDirLostError } from './data-dir-lost.error.js';
export { EmbeddedPostgresServer, type EmbeddedPostgresOptions } from './embedded-postgres-server.js';
export { EmbeddedPostgresStartError } from './embedded-postgres-start.error.js';
export { EmbeddedPostgresUnavailableError } from './embedded-postgres-unavailable.error.js';
export { findEmbeddedPostgres, type FoundEmbeddedPostgres } from './find-embedded-postgres.js';
