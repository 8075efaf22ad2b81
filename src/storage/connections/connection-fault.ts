import { DeadlineExceededError } from '../../platform/async/index.js';
import { codeOf, describeError } from '../../platform/errors/index.js';
import { type PostgresAddress, postgresAddress, sslParameters } from '../../platform/postgres-url/index.js';
import { SqlState } from '../schema/index.js';
import { NotPostgresError, TlsUnsupportedError } from './storage-client.js';
import { TlsFileError } from './tls-options.js';

/** Why a connection to PostgreSQL failed or ended, for operators. Neither text has a password. */
export interface ConnectionFault {
  /** Sentences. */
  cause: string;
  /** What to do: sentences. */
  advice: string;
}

/** An error of PostgreSQL, a socket, or TLS. */
interface Failure {
  error: Error;
  code: string | undefined;
  /** The function of PostgreSQL that raised the error: in every language the same. */
  routine: string | undefined;
  at: PostgresAddress;
  url: string;
}

type Explain = (failure: Failure) => ConnectionFault;

/**
 * Explains why a connection could not be opened, or was ended.
 *
 * @param url of `readPostgresUrl`, by which the connection was opened
 * @param setting the name of the setting or option with the URL
 * @returns undefined for an error that is not about a connection
 */
export function connectionFault(
  error: unknown,
  url: string,
  setting = 'DATABASE_URL',
): ConnectionFault | undefined {
  const first = firstError(error);
  const fault = first && explain(first, url);
  if (fault === undefined) return undefined;
  const named = (text: string): string => text.replaceAll('DATABASE_URL', setting);
  return { cause: named(fault.cause), advice: named(fault.advice) };
}

function explain(error: Error, url: string): ConnectionFault | undefined {
  const code = codeOf(error);
  const { routine } = error as { routine?: string };
  const failure: Failure = { error, code, routine, at: postgresAddress(url), url };
  if (error instanceof TlsFileError)
    return { cause: error.message, advice: 'Correct the path, or let the user of the server read the file.' };
  if (error instanceof DeadlineExceededError) return unreachable(failure);
  if (error instanceof TlsUnsupportedError) return noTls(failure);
  if (error instanceof NotPostgresError) return notPostgres(failure);
  const byCode = BY_CODE[code ?? ''] ?? (routine === 'CheckMyDatabase' ? AT_DATABASE[code ?? ''] : undefined);
  return (byCode ?? byMessage(error.message, code))?.(failure);
}

/** The fault as one text; for other errors their message. */
export function describeConnectionError(error: unknown, url: string, setting?: string): string {
  const fault = connectionFault(error, url, setting);
  return fault === undefined ? describeError(error) : `${fault.cause} ${fault.advice}`;
}

/** A host with several addresses fails with an error for each. A pool wraps the error of its timeout. */
function firstError(error: unknown): Error | undefined {
  if (error instanceof AggregateError) return firstError(error.errors[0]);
  return error instanceof Error ? error : undefined;
}

const where = ({ at: { host, port } }: Failure): string =>
  host.startsWith('/') ? `${host}/.s.PGSQL.${port}` : `${host.includes(':') ? `[${host}]` : host}:${port}`;

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
const userOf = ({ at: { user } }: Failure): string => user ?? 'of the operating system';

const wrongPassword: Explain = (failure) => ({
  cause: `PostgreSQL at ${where(failure)} rejects the password of the user ${userOf(failure)}, or there is no such user.`,
  advice: 'Correct user and password in DATABASE_URL; percent-encode special characters.',
});

const noPassword: Explain = (failure) => ({
  cause: `PostgreSQL at ${where(failure)} requires a password, and DATABASE_URL has none.`,
  advice: 'Add the password to DATABASE_URL; percent-encode special characters.',
});

const notAuthorized: Explain = (failure) => {
  const { routine, error, at } = failure;
  if (routine === 'InitializeSessionUserId') {
    return {
      cause: `The user ${userOf(failure)} does not exist in PostgreSQL at ${where(failure)}, or must not log in: ${error.message}.`,
      advice: 'Correct the user in DATABASE_URL, or create it: CREATE ROLE … LOGIN PASSWORD ….',
    };
  }
  if (routine === 'ClientAuthentication') {
    return {
      cause: `pg_hba.conf of PostgreSQL at ${where(failure)} does not allow this connection: ${error.message}.`,
      advice:
        sslParameters(failure.url).mode === 'disable'
          ? 'Remove sslmode=disable from DATABASE_URL, or add a line for this connection to pg_hba.conf.'
          : `Add a line to pg_hba.conf for this machine, the user ${userOf(failure)} and the database ${at.database}, and reload PostgreSQL.`,
    };
  }
  return {
    cause: `PostgreSQL at ${where(failure)} does not authenticate the user ${userOf(failure)}: ${error.message}.`,
    advice:
      'Run as the system user that pg_hba.conf expects, or let pg_hba.conf require a password (scram-sha-256).',
  };
};

const missingDatabase: Explain = (failure) => ({
  cause: `The database ${failure.at.database} does not exist at ${where(failure)}.`,
  advice: createDatabaseAdvice(failure.at),
});

/** How an administrator creates the database. */
export function createDatabaseAdvice({ database, user }: PostgresAddress): string {
  const owner = user === undefined ? '' : ` OWNER ${quoted(user)}`;
  return `Run as an administrator: CREATE DATABASE ${quoted(database)}${owner} ENCODING 'UTF8' TEMPLATE template0.`;
}

const tooMany: Explain = (failure) => {
  const cause = `PostgreSQL at ${where(failure)} has no free connection for the user ${userOf(failure)}: ${failure.error.message}.`;
  const { routine, at } = failure;
  if (routine === 'InitializeSessionUserId') {
    return {
      cause,
      advice: `Raise the limit of the user (ALTER ROLE ${quoted(userOf(failure))} CONNECTION LIMIT …).`,
    };
  }
  if (routine === 'CheckMyDatabase') {
    return {
      cause,
      advice: `Raise the limit of the database (ALTER DATABASE ${quoted(at.database)} CONNECTION LIMIT …).`,
    };
  }
  return { cause, advice: 'Raise max_connections of PostgreSQL, or lower DB_POOL_SIZE of its servers.' };
};

const notReady: Explain = (failure) => ({
  cause: `PostgreSQL at ${where(failure)} does not accept connections now: ${failure.error.message}.`,
  advice: 'Wait until it has started or recovered. If that takes long, read the log of PostgreSQL.',
});

const noConnect: Explain = (failure) => ({
  cause: `The user ${userOf(failure)} must not connect to the database ${failure.at.database}.`,
  advice: `Run as its owner: GRANT CONNECT ON DATABASE ${quoted(failure.at.database)} TO ${quoted(userOf(failure))}.`,
});

const closedDatabase: Explain = (failure) => ({
  cause: `The database ${failure.at.database} does not allow connections.`,
  advice: `Run as an administrator: ALTER DATABASE ${quoted(failure.at.database)} ALLOW_CONNECTIONS true.`,
});

/** @param setting of PostgreSQL */
const endedBy =
  (setting: string, what = 'ended the session'): Explain =>
  ({ at }) => ({
    cause: `PostgreSQL ${what} because of ${setting}.`,
    advice: `Raise ${setting} of the user ${at.user ?? ''} or of the database ${at.database}, or set it to 0.`,
  });

const ended: Explain = (failure) => ({
  cause: `PostgreSQL at ${where(failure)} ended the session: ${failure.error.message}.`,
  advice: 'Wait if it is being restarted. Otherwise find out in its log who ended the session.',
});

/** By SQLSTATE. */
const BY_STATE: Readonly<Record<string, Explain>> = {
  [SqlState.InvalidPassword]: wrongPassword,
  [SqlState.InvalidAuthorization]: notAuthorized,
  [SqlState.UndefinedDatabase]: missingDatabase,
  [SqlState.TooManyConnections]: tooMany,
  [SqlState.CannotConnectNow]: notReady,
  [SqlState.IdleInTransactionTimeout]: endedBy('idle_in_transaction_session_timeout'),
  [SqlState.TransactionTimeout]: endedBy('transaction_timeout'),
  [SqlState.IdleSessionTimeout]: endedBy('idle_session_timeout'),
  [SqlState.QueryCanceled]: endedBy('statement_timeout', 'canceled a statement, most likely'),
  [SqlState.AdminShutdown]: ended,
  [SqlState.CrashShutdown]: ended,
};

/** Raised while the session is opened; other statements raise these states too. */
const AT_DATABASE: Readonly<Record<string, Explain>> = {
  [SqlState.InsufficientPrivilege]: noConnect,
  [SqlState.ObjectNotInPrerequisiteState]: closedDatabase,
};

const refused: Explain = (failure) => ({
  cause: `No program accepts connections at ${where(failure)}.`,
  advice:
    'Start PostgreSQL, or correct host and port in DATABASE_URL. listen_addresses of PostgreSQL must include the address.',
});

const noSocket: Explain = (failure) => ({
  cause: `There is no Unix socket ${where(failure)}.`,
  advice: 'Start PostgreSQL, or correct directory and port in DATABASE_URL (SHOW unix_socket_directories).',
});

const closedSocket: Explain = (failure) => ({
  cause: `This user must not use the Unix socket ${where(failure)}.`,
  advice: 'Run as a user that may, or change unix_socket_permissions of PostgreSQL.',
});

const unknownHost: Explain = ({ at }) => ({
  cause: `The host name ${at.host} is unknown.`,
  advice: 'Correct the host in DATABASE_URL.',
});

const noNameServer: Explain = ({ at }) => ({
  cause: `The name server did not respond to the query for the host ${at.host}.`,
  advice: 'Check the network and the name server of this machine (/etc/resolv.conf).',
});

const unreachable: Explain = (failure) => ({
  cause: `${where(failure)} cannot be reached from this machine, or does not respond.`,
  advice: 'Check firewalls and routes to it, and whether it is running.',
});

const closed: Explain = (failure) => ({
  cause: `The connection to ${where(failure)} was closed unexpectedly.`,
  advice: 'Check that PostgreSQL listens there, and no other program. If it does, read its log.',
});

const notPostgres: Explain = (failure) => ({
  cause: `The program that listens at ${where(failure)} is not PostgreSQL.`,
  advice: 'Correct host and port in DATABASE_URL.',
});

const noTls: Explain = (failure) => ({
  cause: `PostgreSQL at ${where(failure)} has no TLS, but DATABASE_URL has sslmode=${sslParameters(failure.url).mode}.`,
  advice: 'Set ssl = on in postgresql.conf. Only on a private network: use sslmode=prefer or disable.',
});

const unknownCa: Explain = (failure) => ({
  cause: `The TLS certificate of ${where(failure)} is signed by an unknown CA, or by itself (${failure.code ?? ''}).`,
  advice: 'Add sslrootcert=/path/of/ca.pem to DATABASE_URL, with the certificate of the CA.',
});

const wrongName: Explain = (failure) => ({
  cause: `The TLS certificate of ${where(failure)} is for another host name: ${failure.error.message}.`,
  advice:
    'Use the host name of the certificate in DATABASE_URL, or sslmode=verify-ca with the CA in sslrootcert.',
});

const expired: Explain = (failure) => ({
  cause: `The TLS certificate of ${where(failure)} is not valid now (${failure.code ?? ''}).`,
  advice: 'Renew the certificate, or correct the clock of this machine.',
});

const failedTls: Explain = (failure) => ({
  cause: `TLS with ${where(failure)} failed: ${failure.error.message}.`,
  advice:
    'Check certificates, keys and TLS versions of PostgreSQL (ssl_*) and of DATABASE_URL (sslcert, sslkey).',
});

/** By SQLSTATE, and by codes of Node.js and OpenSSL. */
const BY_CODE: Readonly<Record<string, Explain>> = {
  ...BY_STATE,
  ECONNREFUSED: refused,
  ENOENT: noSocket,
  EACCES: closedSocket,
  ENOTFOUND: unknownHost,
  EAI_AGAIN: noNameServer,
  EHOSTUNREACH: unreachable,
  ENETUNREACH: unreachable,
  EHOSTDOWN: unreachable,
  ETIMEDOUT: unreachable,
  ECONNRESET: closed,
  EPIPE: closed,
  DEPTH_ZERO_SELF_SIGNED_CERT: unknownCa,
  SELF_SIGNED_CERT_IN_CHAIN: unknownCa,
  UNABLE_TO_GET_ISSUER_CERT: unknownCa,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownCa,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownCa,
  CERT_SIGNATURE_FAILURE: unknownCa,
  CERT_HAS_EXPIRED: expired,
  CERT_NOT_YET_VALID: expired,
  ERR_TLS_CERT_ALTNAME_INVALID: wrongName,
  EPROTO: failedTls,
};

/** Errors of node-postgres, which have no code. */
function byMessage(message: string, code: string | undefined): Explain | undefined {
  if (code?.startsWith('ERR_SSL_') === true || code?.startsWith('ERR_OSSL_') === true) return failedTls;
  if (
    /timeout expired|connection timeout|timeout exceeded when trying to connect|Query read timeout/.test(
      message,
    )
  )
    return unreachable;
  if (/password must be a (non-empty )?string/.test(message)) return noPassword;
  if (message.startsWith('Connection terminated')) return closed;
  return undefined;
}
