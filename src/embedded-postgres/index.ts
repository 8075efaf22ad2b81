export {
  DataDirLostError,
  EmbeddedPostgresServer,
  type EmbeddedPostgresOptions,
  findEmbeddedPostgres,
  type FoundEmbeddedPostgres,
} from './embedded-postgres-server.js';
export { EmbeddedPostgresStartError, EmbeddedPostgresUnavailableError } from './errors.js';
