/** How a connection is encrypted and verified. See docs/configuration.md#tls-to-the-database. */
export const SSL_MODES = [
  'disable',
  'allow',
  'prefer',
  'require',
  'no-verify',
  'verify-ca',
  'verify-full',
] as const;
export type SslMode = (typeof SSL_MODES)[number];

/** What a PostgreSQL URL must be. */
export const POSTGRES_URL = 'a URL such as postgres://user:password@host:5432/database';

/** Modes with which a server without TLS is accepted. */
const OPTIONAL: readonly SslMode[] = ['disable', 'allow', 'prefer'];

/** The parameters of a PostgreSQL URL for TLS, as libpq reads them. */
export interface SslParameters {
  mode: SslMode;
  /** Path of the certificates that are trusted; `system`: those of the operating system. */
  rootCert: string | undefined;
  /** Paths of the client's certificate and key. */
  cert: string | undefined;
  key: string | undefined;
  /** Of the key. */
  password: string | undefined;
  /** Whether the connection begins with TLS, without a request for it. */
  direct: boolean;
}

/**
 * Reads a PostgreSQL URL. Accepts host names with underscores, as Compose creates them, and Unix sockets.
 *
 * @returns the URL in a form that `new URL` accepts; or what is wrong with it, as the end of "DATABASE_URL is …", without
 *   anything that may belong to a password
 */
export function readPostgresUrl(text: string): { url: string } | { fault: string } {
  const [, authority = ''] = /^postgres(?:ql)?:\/\/([^/?#]*)/.exec(text) ?? [];
  if (!/^postgres(ql)?:\/\//.test(text)) return { fault: 'a value that is not shown' };
  const hosts = authority.slice(authority.lastIndexOf('@') + 1);
  if (hosts.includes(',')) return { fault: 'a URL with several hosts' };
  const port = invalidPortOf(text);
  if (port !== undefined) return { fault: `a URL with the port ${port}` };
  const url = withHost(text);
  if (!URL.canParse(url)) {
    // A password with a slash ends the authority too early.
    const isCut = !authority.includes('@') && text.includes('@');
    return { fault: isCut ? 'a URL with a password that must be percent-encoded' : 'not a valid URL' };
  }
  const fault = sslFault(new URL(url));
  return fault === undefined ? { url } : { fault };
}

/** The port in a URL, if it cannot be one. Such a URL cannot be parsed, except with port 0. */
export function invalidPortOf(url: string): string | undefined {
  const [, port] = /^[a-z]+:\/\/(?:[^/?#]*@)?(?:\[[^\]]*\]|[^:/?#]*):(\d+)(?:[/?#]|$)/i.exec(url) ?? [];
  return port === undefined || (Number(port) >= 1 && Number(port) <= 65_535) ? undefined : port;
}

/** `new URL` rejects a user without a host, which libpq allows: the host can be a parameter. */
function withHost(text: string): string {
  const [head] = /^postgres(?:ql)?:\/\/[^/?#@]*@(?=[/?]|$)/.exec(text) ?? [];
  if (head === undefined) return text;
  const [path = '', query = ''] = text.slice(head.length).split(/\?(.*)/s, 2);
  const parameters = new URLSearchParams(query);
  const host = parameters.get('host') ?? 'localhost';
  parameters.delete('host');
  const rest = parameters.size === 0 ? '' : `?${parameters.toString()}`;
  return `${head}${encodeURIComponent(host)}${path}${rest}`;
}

/** @param url of {@link readPostgresUrl} */
export function sslParameters(url: string): SslParameters {
  const { searchParams } = new URL(url);
  const of = (name: string): string | undefined => searchParams.get(name) ?? undefined;
  const direct = of('sslnegotiation') === 'direct';
  const rootCert = of('sslrootcert');
  const standard = rootCert === 'system' ? 'verify-full' : direct ? 'require' : 'prefer';
  return {
    mode: (of('sslmode') ?? modeOf(of('ssl')) ?? environmentMode() ?? standard) as SslMode,
    rootCert,
    cert: of('sslcert'),
    key: of('sslkey'),
    password: of('sslpassword'),
    direct,
  };
}

/** The parameter `ssl` of node-postgres. */
function modeOf(ssl: string | undefined): SslMode | undefined {
  if (ssl === 'true' || ssl === '1') return 'verify-full';
  if (ssl === 'false' || ssl === '0') return 'disable';
  return ssl === 'no-verify' ? ssl : undefined;
}

/** libpq and node-postgres read this variable too. */
function environmentMode(): SslMode | undefined {
  return SSL_MODES.find((mode) => mode === process.env.PGSSLMODE);
}

function sslFault({ href, searchParams }: URL): string | undefined {
  const { mode, rootCert, cert, key, direct } = sslParameters(href);
  const given = searchParams.get('sslmode');
  if (given !== null && !(SSL_MODES as readonly string[]).includes(given)) {
    return `a URL with the unknown sslmode ${JSON.stringify(given)} (known: ${SSL_MODES.join(', ')})`;
  }
  if (mode === 'verify-ca' && rootCert === undefined)
    return 'a URL with sslmode=verify-ca and no sslrootcert';
  if (rootCert === 'system' && mode !== 'verify-full') {
    return `a URL with sslrootcert=system and sslmode=${mode} instead of verify-full`;
  }
  if (direct && OPTIONAL.includes(mode)) {
    return `a URL with sslnegotiation=direct and sslmode=${mode}, which may be unencrypted`;
  }
  if ((cert === undefined) !== (key === undefined)) return 'a URL with only one of sslcert and sslkey';
  return undefined;
}

/** Host, port, user and database of a URL, without its secrets. */
export interface PostgresAddress {
  /** Name or address, or the directory of a Unix socket. */
  host: string;
  port: string;
  user: string | undefined;
  database: string;
}

/** @param url of {@link readPostgresUrl} */
export function postgresAddress(url: string): PostgresAddress {
  const { hostname, port, pathname, searchParams } = new URL(url);
  const user = userOf(url);
  const host = searchParams.get('host') ?? decoded(hostname.replace(/^\[|\]$/g, ''));
  return {
    host: host === '' ? 'localhost' : host,
    port: searchParams.get('port') ?? (port === '' ? '5432' : port),
    user,
    database: decoded(pathname.slice(1)) || (user ?? ''),
  };
}

/** The URL of another database of the same cluster. */
export function databaseNamed(url: string, database: string): string {
  return Object.assign(new URL(url), { pathname: `/${database}` }).href;
}

/** The user in a PostgreSQL URL; undefined if it has none. */
export function userOf(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { username, searchParams } = new URL(url);
  return searchParams.get('user') ?? (username === '' ? undefined : decoded(username));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
