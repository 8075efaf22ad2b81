export { DataDirLostError } from './data-dir-lost.error.js';
export {
  EmbeddedPostgresServer,
  type EmbeddedPostgresOptions,
  findEmbeddedPostgres,
  type FoundEmbeddedPostgres,
} from './embedded-postgres-server.js';
export { EmbeddedPostgresStartError, EmbeddedPostgresUnavailableError } from './errors.js';
