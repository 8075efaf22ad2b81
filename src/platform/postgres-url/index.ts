export {
  databaseNamed,
  invalidPortOf,
  POSTGRES_URL,
  type PostgresAddress,
  postgresAddress,
  readPostgresUrl,
  type SslMode,
  type SslParameters,
  sslParameters,
  userOf,
} from './postgres-url.js';
