import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runDatabaseChecks } from '../../src/cli/doctor/run-database-checks.js';
import { readSettings } from '../../src/platform/config/index.js';
import { describeConnectionError, openSession } from '../../src/storage/index.js';
import { type Certificate, certificateAuthority, certificateFor } from '../support/certificates.js';
import { freePort } from '../support/free-port.js';
import { onDatabase } from '../support/on-database.js';
import { PostgresCluster } from '../support/postgres-cluster.js';
import { TestServer } from '../support/test-server.js';

/** How the connection of a URL is encrypted, or why there is none. */
async function connection(url: string): Promise<string> {
  try {
    const client = await openSession(url, 'test', true);
    const { rows } = await client.query<{ ssl: boolean; subject: string | null }>(
      'SELECT ssl, client_dn AS subject FROM pg_stat_ssl WHERE pid = pg_backend_pid()',
    );
    await client.end();
    const [row] = rows;
    return (row?.ssl === true ? 'TLS' : 'plain') + (row?.subject ? ` as ${row.subject}` : '');
  } catch (error) {
    return describeConnectionError(error, url);
  }
}

/** What the doctor reports beside what is in order, as `level: message → advice`. */
async function doctor(url: string): Promise<string[]> {
  const findings = await runDatabaseChecks(
    readSettings({ DATABASE_URL: url, DB_POOL_SIZE: '2' }),
    undefined,
    4_000,
  );
  return findings
    .filter(({ level }) => level !== 'ok')
    .map(({ level, message, advice }) => `${level}: ${message} → ${advice ?? ''}`);
}

describe('a connection', () => {
  let ca: Certificate;
  let other: Certificate;
  let cluster: PostgresCluster;
  const url = (parameters = '', database = 'postgres', host = 'localhost'): string =>
    cluster.url(database, host) + (parameters === '' ? '' : `?${parameters}`);
  const use = async (certificate: Certificate): Promise<void> => {
    await cluster.write('server.pem', certificate.cert);
    await cluster.write('server.key', certificate.key);
    await cluster.reload();
  };

  beforeAll(async () => {
    ca = certificateAuthority();
    other = certificateAuthority('Another CA');
    cluster = await PostgresCluster.start({
      hba: [
        'hostssl secure all 127.0.0.1/32 scram-sha-256',
        'hostssl by_certificate all 127.0.0.1/32 cert',
        'host trusting all 127.0.0.1/32 trust',
        'host postgres,closed,missing,over_socket all 127.0.0.1/32 scram-sha-256',
        'local all all trust',
      ],
    });
    await onDatabase(`${cluster.url()}?sslmode=disable`, async (client) => {
      for (const name of ['secure', 'by_certificate', 'trusting', 'unlisted', 'closed']) {
        await client.query(`CREATE DATABASE ${name}`);
      }
      await client.query("CREATE ROLE limited LOGIN PASSWORD 'cluster' CONNECTION LIMIT 0");
      await client.query("CREATE ROLE plain LOGIN PASSWORD 'cluster'");
      await client.query('REVOKE CONNECT ON DATABASE closed FROM PUBLIC');
    });
  }, 60_000);

  afterAll(async () => {
    await cluster[Symbol.asyncDispose]();
  });

  const as = (user: string, database = 'postgres'): string =>
    url('', database).replace('postgres:cluster', `${user}:cluster`);
  const noTls = (mode: string): string =>
    `PostgreSQL at localhost:${cluster.port} has no TLS, but DATABASE_URL has sslmode=${mode}. ` +
    'Set ssl = on in postgresql.conf. Only on a private network: use sslmode=prefer or disable.';
  /** OpenSSL has a code for each kind of it. */
  const withoutCode = (text: string): string => text.replace(/ \([A-Z_]+\)/, '');

  it('is unencrypted where the server has no TLS, unless the URL requires TLS', async () => {
    for (const mode of ['', 'sslmode=disable', 'sslmode=allow', 'sslmode=prefer']) {
      expect([mode, await connection(url(mode))]).toEqual([mode, 'plain']);
    }
    for (const mode of ['require', 'verify-full', 'no-verify']) {
      expect(await connection(url(`sslmode=${mode}`))).toBe(noTls(mode));
    }
    expect(await doctor(url('sslmode=require'))).toEqual([
      `problem: ${noTls('require').replace('. Set', '. → Set')}`,
    ]);
  });

  it('has the TLS of libpq for each sslmode', async () => {
    await cluster.write('ca.pem', ca.cert);
    await cluster.write('other.pem', other.cert);
    await use(certificateFor('localhost', ca));
    await onDatabase(url('sslmode=disable'), async (client) => {
      const path = cluster.path('');
      for (const [name, value] of [
        ['ssl_cert_file', join(path, 'server.pem')],
        ['ssl_key_file', join(path, 'server.key')],
        ['ssl_ca_file', join(path, 'ca.pem')],
        ['ssl', 'on'],
      ] as const) {
        await client.query(`ALTER SYSTEM SET ${name} = '${value}'`);
      }
    });
    await cluster.reload();
    const [root, wrong] = [
      `sslrootcert=${cluster.path('ca.pem')}`,
      `sslrootcert=${cluster.path('other.pem')}`,
    ];
    const [own, byAddress] = ['localhost', '127.0.0.1'];
    const unknown =
      `The TLS certificate of localhost:${cluster.port} is signed by an unknown CA, or by itself. ` +
      'Add sslrootcert=/path/of/ca.pem to DATABASE_URL, with the certificate of the CA.';
    await expect.poll(() => connection(url('sslmode=require'))).toBe('TLS');
    for (const [parameters, host, expected] of [
      ['', own, 'TLS'],
      ['sslmode=disable', own, 'plain'],
      ['sslmode=allow', own, 'TLS'],
      ['sslmode=prefer', own, 'TLS'],
      ['sslmode=require', own, 'TLS'],
      ['sslmode=require&uselibpqcompat=true', own, 'TLS'],
      ['sslmode=require&sslnegotiation=direct', own, 'TLS'],
      ['sslmode=require&channel_binding=require', own, 'TLS'],
      ['sslmode=no-verify', own, 'TLS'],
      [`sslmode=require&${root}`, own, 'TLS'],
      [`sslmode=require&${root}`, byAddress, 'TLS'],
      [`sslmode=verify-ca&${root}`, byAddress, 'TLS'],
      [`sslmode=verify-full&${root}`, own, 'TLS'],
      ['sslmode=verify-full', own, unknown],
      ['sslrootcert=system', own, unknown],
      [`sslmode=require&${wrong}`, own, unknown],
      [`sslmode=verify-ca&${wrong}`, own, unknown],
    ] as const) {
      expect([parameters, host, withoutCode(await connection(url(parameters, 'postgres', host)))]).toEqual([
        parameters,
        host,
        expected,
      ]);
    }
    expect(await connection(url(`sslmode=verify-full&${root}`, 'postgres', byAddress))).toMatch(
      /^The TLS certificate of 127\.0\.0\.1:\d+ is for another host name: .*\. Use the host name of the certificate in DATABASE_URL, or sslmode=verify-ca with the CA in sslrootcert\.$/,
    );
    expect((await doctor(url('sslmode=verify-full'))).map(withoutCode)).toEqual([
      `problem: ${unknown.replace('. Add', '. → Add')}`,
    ]);
    expect(await connection(url('sslmode=verify-full&sslrootcert=/nowhere/ca.pem'))).toMatch(
      /^The file of sslrootcert in DATABASE_URL cannot be read: ENOENT.*'\/nowhere\/ca\.pem'\. Correct the path, /,
    );
  });

  it(
    'reads, writes and migrates with a client certificate, where PostgreSQL has only hostssl lines',
    { timeout: 60_000 },
    async () => {
      const client = certificateFor('postgres', ca);
      await cluster.write('client.pem', client.cert);
      await cluster.write('client.key', client.key);
      const files = `sslcert=${cluster.path('client.pem')}&sslkey=${cluster.path('client.key')}&sslrootcert=${cluster.path('ca.pem')}`;
      expect(await connection(url(`sslmode=verify-full&${files}`, 'by_certificate'))).toBe(
        'TLS as /CN=postgres',
      );
      expect(await connection(url('sslmode=disable', 'secure'))).toMatch(
        /^pg_hba\.conf of PostgreSQL at localhost:\d+ does not allow this connection: no pg_hba\.conf entry .*\. Remove sslmode=disable from DATABASE_URL, /,
      );
      // Pages, batches and migrations have connections of their own.
      await using server = await TestServer.ready(url(`sslmode=verify-full&${files}`, 'by_certificate'));
      expect((await server.get('/stats/db')).status).toBe(200);
      const rows = await onDatabase(`${cluster.url()}?sslmode=disable`, (admin) =>
        admin.query<{ name: string; ssl: boolean }>(
          `SELECT DISTINCT application_name AS name, ssl FROM pg_stat_activity JOIN pg_stat_ssl USING (pid)
          WHERE application_name LIKE 'tetcore-analytics %' ORDER BY 1`,
        ),
      );
      expect(rows.rows).toEqual(
        ['reader', 'watch', 'writer'].map((name) => ({ name: `tetcore-analytics ${name}`, ssl: true })),
      );
    },
  );

  it('is rejected with the cause and what to do', async () => {
    const at = `localhost:${cluster.port}`;
    for (const [given, expected] of [
      [
        url().replace(':cluster@', ':wrong@'),
        `PostgreSQL at ${at} rejects the password of the user postgres, or there is no such user. → Correct user and password in DATABASE_URL; percent-encode special characters.`,
      ],
      [
        url().replace(':cluster@', '@'),
        `PostgreSQL at ${at} requires a password, and DATABASE_URL has none. → Add the password to DATABASE_URL; percent-encode special characters.`,
      ],
      [
        as('nobody', 'trusting'),
        `The user nobody does not exist in PostgreSQL at ${at}, or must not log in: role "nobody" does not exist. → Correct the user in DATABASE_URL, or create it: CREATE ROLE … LOGIN PASSWORD ….`,
      ],
      [
        url('', 'unlisted'),
        `pg_hba.conf of PostgreSQL at ${at} does not allow this connection: no pg_hba.conf entry for host "127.0.0.1", user "postgres", database "unlisted", SSL encryption. → Add a line to pg_hba.conf for this machine, the user postgres and the database unlisted, and reload PostgreSQL.`,
      ],
      [
        as('limited'),
        `PostgreSQL at ${at} has no free connection for the user limited: too many connections for role "limited". → Raise the limit of the user (ALTER ROLE "limited" CONNECTION LIMIT …).`,
      ],
      [
        as('plain', 'closed'),
        'The user plain must not connect to the database closed. → Run as its owner: GRANT CONNECT ON DATABASE "closed" TO "plain".',
      ],
      [
        as('plain', 'missing'),
        `The database missing does not exist yet, and the user plain may not create it. → Run as an administrator: CREATE DATABASE "missing" OWNER "plain" ENCODING 'UTF8' TEMPLATE template0.`,
      ],
    ] as const) {
      expect(await doctor(given)).toEqual([`problem: ${expected}`]);
    }
    expect(await doctor(url('', 'missing'))).toEqual([
      'warning: The database missing does not exist yet. → The server or tetcore-analytics migrate creates it.',
    ]);
  });

  it('is rejected by an expired certificate', async () => {
    await use(certificateFor('localhost', ca, -1));
    const verified = url(`sslmode=verify-full&sslrootcert=${cluster.path('ca.pem')}`);
    await expect
      .poll(() => connection(verified))
      .toBe(
        `The TLS certificate of localhost:${cluster.port} is not valid now (CERT_HAS_EXPIRED). ` +
          'Renew the certificate, or correct the clock of this machine.',
      );
  });

  it('uses a Unix socket', async () => {
    const directory = encodeURIComponent(cluster.socketDirectory);
    for (const socket of [
      `postgresql://postgres:pw@/postgres?host=${cluster.socketDirectory}&port=${cluster.port}`,
      `postgresql://postgres@/postgres?host=${cluster.socketDirectory}&port=${cluster.port}&sslmode=verify-full`,
      `postgresql:///postgres?user=postgres&host=${cluster.socketDirectory}&port=${cluster.port}`,
      `postgresql://postgres@${directory}:${cluster.port}/postgres`,
    ]) {
      expect(await connection(readSettings({ DATABASE_URL: socket }).DATABASE_URL ?? '')).toBe('plain');
    }
    // The database is created over the socket too.
    const DATABASE_URL = `postgresql://postgres:pw@/over_socket?host=${cluster.socketDirectory}&port=${cluster.port}`;
    await using server = await TestServer.ready(readSettings({ DATABASE_URL }).DATABASE_URL ?? '');
    expect((await server.get('/stats/db')).status).toBe(200);
    const missing =
      readSettings({ DATABASE_URL: 'postgresql://postgres@/x?host=/nowhere' }).DATABASE_URL ?? '';
    expect(await doctor(missing)).toEqual([
      'problem: There is no Unix socket /nowhere/.s.PGSQL.5432. → Start PostgreSQL, or correct directory and port in DATABASE_URL (SHOW unix_socket_directories).',
    ]);
  });

  it('with a standby is reported as read-only', { timeout: 60_000 }, async () => {
    await using standby = await cluster.standby();
    expect(await doctor(`${standby.url('over_socket')}?sslmode=disable`)).toEqual([
      'problem: The database is a standby, which is read-only. → Set DATABASE_URL to the primary, or promote the standby.',
    ]);
    await using server = await TestServer.start(`${standby.url('over_socket')}?sslmode=disable`);
    await onDatabase(`${standby.url()}?sslmode=disable`, (client) => client.query('SELECT pg_promote()'));
    await server.server.ready;
  });
});

describe('a connection to what is not PostgreSQL', () => {
  /** The port of a server that is closed at the end. */
  async function listening(server: Server): Promise<{ port: number } & AsyncDisposable> {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return {
      port: (server.address() as AddressInfo).port,
      [Symbol.asyncDispose]: async () => {
        server.close();
        await once(server, 'close');
      },
    };
  }

  it('names what is there', async () => {
    await using web = await listening(createHttpServer((_, response) => response.end()));
    await using ssh = await listening(
      createServer((socket) => socket.resume().end('SSH-2.0-OpenSSH_9.9\r\n')),
    );
    await using closing = await listening(createServer((socket) => socket.destroy()));
    const to = (port: number): string => `postgres://u:hidden@127.0.0.1:${port}/x`;
    const free = await freePort();
    const notPostgres = (port: number): string =>
      `problem: The program that listens at 127.0.0.1:${port} is not PostgreSQL. → Correct host and port in DATABASE_URL.`;
    expect(await doctor(to(web.port))).toEqual([notPostgres(web.port)]);
    expect(await doctor(to(ssh.port))).toEqual([notPostgres(ssh.port)]);
    expect(await doctor(to(closing.port))).toEqual([
      `problem: The connection to 127.0.0.1:${closing.port} was closed unexpectedly. → Check that PostgreSQL listens there, and no other program. If it does, read its log.`,
    ]);
    expect(await doctor(to(free))).toEqual([
      `problem: No program accepts connections at 127.0.0.1:${free}. → Start PostgreSQL, or correct host and port in DATABASE_URL. listen_addresses of PostgreSQL must include the address.`,
    ]);
    expect(await doctor('postgres://u@no-such-host.invalid/x')).toEqual([
      expect.stringMatching(
        /^problem: (The host name no-such-host\.invalid is unknown|The name server did not respond to the query for the host no-such-host\.invalid)\. → /,
      ) as string,
    ]);
  });
});
