import { readFileSync } from 'node:fs';
import * as tls from 'node:tls';
import type { ConnectionOptions } from 'node:tls';
import { OperatorError } from '../../platform/errors/index.js';
import { postgresAddress, type SslParameters, sslParameters } from '../../platform/postgres-url/index.js';

/** A file of a certificate or key in `DATABASE_URL` cannot be read. */
export class TlsFileError extends OperatorError {
  override readonly name = 'TlsFileError';

  constructor(parameter: string, cause: unknown) {
    super(
      `The file of ${parameter} in DATABASE_URL cannot be read: ${cause instanceof Error ? cause.message : String(cause)}.`,
      { cause },
    );
  }
}

/** How a client encrypts its connection. */
export interface TlsOptions {
  /** The URL without parameters for TLS, which node-postgres reads in another way than libpq. */
  connectionString: string;
  ssl: ConnectionOptions | false;
  /** Whether a server without TLS is accepted. */
  optional: boolean;
  direct: boolean;
  /** Whether SCRAM is bound to the TLS connection, if the server offers that. */
  channelBinding: boolean;
}

const PARAMETERS = [
  'ssl',
  'sslmode',
  'sslrootcert',
  'sslcert',
  'sslkey',
  'sslpassword',
  'sslnegotiation',
  'uselibpqcompat',
  'channel_binding',
];

/**
 * Options of node-postgres for a PostgreSQL URL, with the semantics of libpq: `require` encrypts, and verifies only with
 * `sslrootcert`. `allow` is treated as `prefer`. Without `sslrootcert`, `verify-full` trusts the CAs of Node.js.
 *
 * @param url of `readPostgresUrl`
 * @throws TlsFileError
 */
export function tlsOptions(url: string): TlsOptions {
  const parameters = sslParameters(url);
  const stripped = new URL(url);
  const binding = stripped.searchParams.get('channel_binding');
  for (const name of PARAMETERS) stripped.searchParams.delete(name);
  const optional = parameters.mode === 'allow' || parameters.mode === 'prefer';
  // A Unix socket has no TLS.
  const isLocal = postgresAddress(url).host.startsWith('/');
  return {
    connectionString: stripped.href,
    ssl:
      isLocal || parameters.mode === 'disable'
        ? false
        : { ...verification(parameters), ...identity(parameters) },
    optional,
    direct: parameters.direct && !isLocal,
    channelBinding: binding !== null && binding !== 'disable',
  };
}

/** How the server's certificate is verified. */
function verification({ mode, rootCert }: SslParameters): ConnectionOptions {
  const verified = mode.startsWith('verify-') || (mode === 'require' && rootCert !== undefined);
  if (!verified) return { rejectUnauthorized: false };
  const ca =
    rootCert === undefined ? {} : { ca: rootCert === 'system' ? systemCas() : read('sslrootcert', rootCert) };
  // Only verify-full compares the host name.
  return mode === 'verify-full' ? ca : { ...ca, checkServerIdentity: () => undefined };
}

/** The client's certificate. */
function identity({ cert, key, password }: SslParameters): ConnectionOptions {
  if (cert === undefined || key === undefined) return {};
  return {
    cert: read('sslcert', cert),
    key: read('sslkey', key),
    ...(password === undefined ? {} : { passphrase: password }),
  };
}

/** Since Node.js 22.15; before, the CAs that Node.js brings. */
function systemCas(): string[] {
  const { getCACertificates } = tls as { getCACertificates?: (type: 'system' | 'default') => string[] };
  if (getCACertificates === undefined) return [...tls.rootCertificates];
  return [...getCACertificates('default'), ...getCACertificates('system')];
}

function read(parameter: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new TlsFileError(parameter, error);
  }
}
