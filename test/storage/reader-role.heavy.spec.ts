import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureReaderRole, ReaderRoleError, typeSql } from '../../src/storage/index.js';
import { isVerifierOf } from '../../src/storage/maintenance/reader-role/scram-verifier.js';
import {
  ask,
  asUser,
  newDatabase,
  newName,
  type RoleServer,
  roleServers,
} from './reader-role/role-server.js';
import { batch, row } from '../support/batches.js';
import { commandLine } from '../support/command-line.js';
import { freePort } from '../support/free-port.js';
import { databaseNamed } from '../support/on-database.js';
import { ServerProcess } from '../support/server-process.js';
import { TestServer } from '../support/test-server.js';
import { TestStorage } from '../support/test-storage.js';

const PASSWORD = 'it\'s a "password" of \\ 24 $1';
const OTHER_PASSWORD = 'quite another password';

describe.each(await roleServers())('the role of DB_READER_ROLE, on $name', ({ start }) => {
  let server: RoleServer;
  beforeAll(async () => {
    server = await start();
  }, 120_000);
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
  }, 60_000);

  /** Everything that is kept of a role, with the transactions that wrote it. */
  const kept = async (url: string, name: string): Promise<object[]> =>
    await ask(
      url,
      `SELECT 'role' AS of, xmin::text, ctid::text, rolpassword AS what FROM pg_authid WHERE rolname = '${name}'
       UNION ALL SELECT 'setting', s.xmin::text, s.ctid::text, setconfig::text
         FROM pg_db_role_setting AS s JOIN pg_roles AS r ON r.oid = setrole WHERE rolname = '${name}'
       UNION ALL SELECT 'default', xmin::text, ctid::text, defaclacl::text FROM pg_default_acl
        WHERE defaclacl::text LIKE '%${name}=%'
       UNION ALL SELECT relname, xmin::text, '', relacl::text FROM pg_class WHERE relacl::text LIKE '%${name}=%'
        ORDER BY 1, 4`,
    );
  const made = async (url: string, password?: string): Promise<string> => {
    const name = newName();
    expect(await ensureReaderRole(url, { DB_READER_ROLE: name, ...given(password) })).toBe(
      `Created the read-only role ${name}.`,
    );
    return name;
  };
  const verifierOf = async (name: string): Promise<string> =>
    (
      await ask<{ rolpassword: string }>(
        server.url,
        `SELECT rolpassword FROM pg_authid WHERE rolname = '${name}'`,
      )
    )[0]?.rolpassword ?? '';

  it('reads what dashboards read, the view by its indexes', async () => {
    const url = await newDatabase(server);
    const name = await made(url, PASSWORD);
    {
      await using storage = new TestStorage(url);
      await storage.store(batch({ expiring: [row()], audit: [row()] }));
    }
    await ask(
      url,
      `INSERT INTO logs_expiring (created_at, received_at, collector, peer_connection_id, type, logs)
       SELECT now(), now(), 1, (1::bigint << 32) + n % 100, ${typeSql('system.interval')}, '{"peers": 25}'
         FROM generate_series(1, 5000) AS n`,
      'ANALYZE',
    );
    const reader = asUser(url, name, PASSWORD);
    const request = `SELECT (logs->>'peers')::int AS peers FROM tetcore_logs
      WHERE peer_connection_id = (1::bigint << 32) + 7 AND msg = 'system.interval' AND created_at > now() - interval '1 hour'`;
    expect(await ask(reader, request)).toHaveLength(50);
    expect(JSON.stringify(await ask(reader, `EXPLAIN ${request}`))).toMatch(
      /(?:Index Scan|Bitmap Index Scan).* on logs_expiring_\w+_peer_connection_id_created_at_type_idx|Index Scan using logs_expiring_/,
    );
    const tables = await ask<{ name: string }>(
      url,
      `SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace
          AND relkind IN ('r', 'p', 'v') AND NOT relispartition`,
    );
    expect(tables.length).toBeGreaterThan(9);
    for (const table of tables) await ask(reader, `SELECT * FROM ${table.name} LIMIT 1`);
    expect(
      await ask(
        reader,
        `SELECT current_setting('default_transaction_read_only') AS "readOnly", current_setting('statement_timeout') AS limit,
                current_setting('search_path') AS path, rolconnlimit AS connections, rolinherit AS inherits
           FROM pg_roles WHERE rolname = current_user`,
      ),
    ).toEqual([{ readOnly: 'on', limit: '30s', path: 'public', connections: 20, inherits: false }]);
  });

  it('changes nothing, even if it disables default_transaction_read_only', async () => {
    const url = await newDatabase(server);
    const reader = asUser(url, await made(url, PASSWORD), PASSWORD);
    const rest = 'ingest_batches (id) VALUES (gen_random_uuid())';
    for (const statement of [
      `INSERT INTO ${rest}`,
      "UPDATE peer_connections SET name = 'x'",
      'DELETE FROM logs_audit',
      'DELETE FROM tetcore_logs',
      'TRUNCATE collectors',
      'CREATE TABLE mine (id int)',
      'CREATE SCHEMA mine',
      'DROP TABLE benchmarks',
      'DROP VIEW tetcore_logs',
      'ALTER TABLE benchmarks ADD COLUMN mine int',
      'CREATE ROLE mine',
      "SELECT nextval('logs_id_seq')",
      "COPY collectors TO PROGRAM 'true'",
    ]) {
      const off = ask(reader, 'SET default_transaction_read_only = off', statement);
      await expect(off, statement).rejects.toMatchObject({
        code: expect.stringMatching(/^42501$|^55000$/) as string,
      });
    }
    await expect(ask(reader, 'CREATE TEMPORARY TABLE mine (id int)')).rejects.toMatchObject({
      code: '25006',
    });
    await expect(ask(reader, `INSERT INTO ${rest}`)).rejects.toThrow(/permission denied|read-only/);
  });

  it('is not changed if nothing is missing', async () => {
    const url = await newDatabase(server);
    const name = await made(url, PASSWORD);
    const before = await kept(url, name);
    expect(before.length).toBeGreaterThan(10);
    const settings = { DB_READER_ROLE: name, DB_READER_PASSWORD: PASSWORD };
    expect(await ensureReaderRole(url, settings)).toBeUndefined();
    expect(await ensureReaderRole(url, { DB_READER_ROLE: name })).toBeUndefined();
    expect(await ensureReaderRole(url, {})).toBeUndefined();
    expect(await kept(url, name)).toEqual(before);
  });

  it('logs in with its password, and with the new one after a change', async () => {
    const url = await newDatabase(server);
    const name = await made(url, PASSWORD);
    expect(isVerifierOf(await verifierOf(name), PASSWORD)).toBe(true);
    const settings = { DB_READER_ROLE: name, DB_READER_PASSWORD: OTHER_PASSWORD };
    expect(await ensureReaderRole(url, settings)).toBe(`Updated the read-only role ${name}: password.`);
    expect(isVerifierOf(await verifierOf(name), PASSWORD)).toBe(false);
    expect(isVerifierOf(await verifierOf(name), OTHER_PASSWORD)).toBe(true);
    const whoAmI = (password: string): Promise<object[]> =>
      ask(asUser(url, name, password), 'SELECT current_user AS me');
    expect(await whoAmI(OTHER_PASSWORD)).toEqual([{ me: name }]);
    if (server.asksForPasswords) await expect(whoAmI(PASSWORD)).rejects.toMatchObject({ code: '28P01' });
  });

  it('reads later tables', async () => {
    const url = await newDatabase(server);
    const reader = asUser(url, await made(url, PASSWORD), PASSWORD);
    const [{ definition } = { definition: '' }] = await ask<{ definition: string }>(
      url,
      "SELECT pg_get_viewdef('tetcore_logs') AS definition",
    );
    await ask(
      url,
      'CREATE TABLE later (id int)',
      'DROP VIEW tetcore_logs',
      `CREATE VIEW tetcore_logs AS ${definition}`,
    );
    for (const table of ['later', 'tetcore_logs'])
      expect(await ask(reader, `SELECT * FROM ${table}`)).toEqual([]);
  });

  it('is created once, by any number of replicas of two databases', async () => {
    const [one, two] = [await newDatabase(server), await newDatabase(server)];
    const name = newName();
    const said = await Promise.all(
      [one, two, one, two, one, two].map((url) =>
        ensureReaderRole(url, { DB_READER_ROLE: name, DB_READER_PASSWORD: PASSWORD }),
      ),
    );
    expect(said.filter((sentence) => sentence === undefined)).toHaveLength(4);
    expect(said.filter((sentence) => sentence !== undefined).sort()).toEqual([
      `Created the read-only role ${name}.`,
      `Updated the read-only role ${name}: settings, privileges.`,
    ]);
    for (const url of [one, two]) {
      expect(await ask(asUser(url, name, PASSWORD), 'SELECT * FROM peer_connections')).toEqual([]);
    }
  });

  it('keeps settings and privileges of an administrator', async () => {
    const url = await newDatabase(server);
    const name = newName();
    await ask(
      url,
      `CREATE ROLE ${name} LOGIN PASSWORD '${PASSWORD.replaceAll("'", "''")}' CONNECTION LIMIT 3`,
      `ALTER ROLE ${name} SET statement_timeout = '5min'`,
    );
    const verifier = await verifierOf(name);
    expect(await ensureReaderRole(url, { DB_READER_ROLE: name })).toBe(
      `Updated the read-only role ${name}: settings, privileges.`,
    );
    expect(await verifierOf(name)).toBe(verifier);
    expect(
      await ask(
        asUser(url, name, PASSWORD),
        `SELECT current_setting('statement_timeout') AS limit, current_setting('default_transaction_read_only') AS "readOnly",
                rolconnlimit AS connections FROM pg_roles WHERE rolname = current_user`,
      ),
    ).toEqual([{ limit: '5min', readOnly: 'on', connections: 3 }]);
  });

  it('is rejected if it has more than read privileges, and not changed', async () => {
    const url = await newDatabase(server);
    const owner = new URL(url).username;
    const [superuser, creator, writer, member, remote] = fiveNames();
    const [columns, sequence, partition, trigger, ending] = fiveNames();
    await ask(
      url,
      `CREATE ROLE ${superuser} SUPERUSER`,
      `CREATE ROLE ${creator} CREATEDB CREATEROLE`,
      `CREATE ROLE ${writer}`,
      `GRANT INSERT ON logs_audit TO ${writer}`,
      // It would have to say SET ROLE first.
      `CREATE ROLE ${member} NOINHERIT IN ROLE ${writer}`,
      `CREATE ROLE ${remote} IN ROLE pg_execute_server_program`,
      `CREATE ROLE ${columns}`,
      `GRANT UPDATE (logs) ON logs_expiring TO ${columns}`,
      `CREATE ROLE ${sequence}`,
      `GRANT UPDATE ON SEQUENCE logs_id_seq TO ${sequence}`,
      "CREATE TABLE a_part PARTITION OF logs_audit FOR VALUES FROM ('2001-01-01') TO ('2001-02-01')",
      `CREATE ROLE ${partition}`,
      `GRANT DELETE ON a_part TO ${partition}`,
      `CREATE ROLE ${trigger}`,
      `GRANT TRIGGER ON collectors TO ${trigger}`,
      `CREATE ROLE ${ending} IN ROLE pg_signal_backend`,
    );
    for (const [name, why] of [
      [owner, 'the role of the server itself'],
      [superuser, 'which has more than read privileges: .*SUPERUSER.*writing to tables'],
      [creator, 'which has more than read privileges: CREATEDB, CREATEROLE\\.'],
      [writer, 'which has more than read privileges: writing to tables\\.'],
      [member, 'which has more than read privileges: writing to tables\\.'],
      [remote, 'which has more than read privileges: running programs and writing files on the server\\.'],
      [columns, 'which has more than read privileges: writing to tables\\.'],
      [sequence, 'which has more than read privileges: changing sequences\\.'],
      [partition, 'which has more than read privileges: writing to tables\\.'],
      [trigger, 'which has more than read privileges: writing to tables\\.'],
      [ending, 'which has more than read privileges: terminating sessions of other roles\\.'],
    ] as const) {
      const before = await kept(url, name);
      const refused = ensureReaderRole(url, { DB_READER_ROLE: name, DB_READER_PASSWORD: PASSWORD });
      await expect(refused).rejects.toThrow(new RegExp(`^DB_READER_ROLE is "${name}", ${why}`));
      await expect(refused).rejects.toBeInstanceOf(ReaderRoleError);
      expect(await kept(url, name)).toEqual(before);
    }
  });

  it('is not created if PUBLIC may create tables', async () => {
    const url = await newDatabase(server);
    await ask(url, 'GRANT CREATE ON SCHEMA public TO PUBLIC');
    const name = newName();
    await expect(ensureReaderRole(url, { DB_READER_ROLE: name })).rejects.toThrow(
      'which has more than read privileges: CREATE in the schema public. Revoke them from the role, from PUBLIC,',
    );
    expect(await kept(url, name)).toEqual([]);
    await ask(url, 'REVOKE CREATE ON SCHEMA public FROM PUBLIC');
    expect(await ensureReaderRole(url, { DB_READER_ROLE: name })).toContain('Created the read-only role');
  });

  it('is created by a user with CREATEROLE, who cannot read passwords', async () => {
    const [user, name] = [newName(), newName()];
    await ask(server.url, `CREATE ROLE ${user} LOGIN CREATEDB CREATEROLE PASSWORD 'creator'`);
    const url = await newDatabase(server, (any) => asUser(any, user, 'creator'));
    const settings = { DB_READER_ROLE: name, DB_READER_PASSWORD: PASSWORD };
    expect(await ensureReaderRole(url, settings)).toBe(`Created the read-only role ${name}.`);
    const first = await verifierOf(name);
    // It cannot be compared, and is set again.
    expect(await ensureReaderRole(url, settings)).toBe(`Updated the read-only role ${name}: password.`);
    const again = await verifierOf(name);
    expect(again).not.toBe(first);
    for (const verifier of [first, again]) expect(isVerifierOf(verifier, PASSWORD)).toBe(true);
    expect(await ensureReaderRole(url, { DB_READER_ROLE: name })).toBeUndefined();
    expect(await ask(asUser(url, name, PASSWORD), 'SELECT * FROM tetcore_logs')).toEqual([]);
  });

  it('is requested of an administrator if the user cannot create roles, and nodes do not wait for it', async () => {
    const [user, name] = [newName(), newName()];
    await ask(server.url, `CREATE ROLE ${user} LOGIN CREATEDB PASSWORD 'creator'`);
    const url = await newDatabase(server, (any) => asUser(any, user, 'creator'));
    const environment = { DATABASE_URL: url, DB_READER_ROLE: name, DB_READER_PASSWORD: PASSWORD };
    const explained =
      `The user of DATABASE_URL cannot create or alter the role "${name}" of DB_READER_ROLE: ` +
      'permission denied to create role. Grant that user CREATEROLE, and ADMIN OPTION on a role that another user created. ' +
      'Or ask an administrator to set the password and run the following statements, and leave DB_READER_PASSWORD unset: ';

    const { code, stderr, stdout } = await commandLine(['migrate'], environment);
    expect({ code, stdout }).toEqual({ code: 1, stdout: 'The schema is up to date.\n' });
    expect(stderr.startsWith(explained)).toBe(true);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).not.toContain(PASSWORD);
    {
      await using running = await ServerProcess.ready(await freePort(), {
        ...environment,
        JOURNAL_MODE: 'off',
      });
      expect(running.log).toContain(
        `WARN [DatabaseStartup] The read-only role (DB_READER_ROLE) could not be set up: ${explained}`,
      );
      expect((await fetch(`${running.http}/nodes`)).status).toBe(200);
      expect(await running.end('SIGTERM')).toBe(0);
    }

    const statements = stderr.trim().slice(explained.length).split('; ');
    expect(statements.length).toBeGreaterThan(3);
    await ask(server.url, ...statements);
    expect(await ensureReaderRole(url, { DB_READER_ROLE: name })).toBe(
      `Updated the read-only role ${name}: privileges.`,
    );
    expect(await ensureReaderRole(url, { DB_READER_ROLE: name })).toBeUndefined();
    // That is still refused.
    await expect(
      ensureReaderRole(url, { DB_READER_ROLE: name, DB_READER_PASSWORD: PASSWORD }),
    ).rejects.toThrow(ReaderRoleError);
  });

  it('reads tables in another schema', async () => {
    const [user, name] = [newName(), newName()];
    await ask(server.url, `CREATE ROLE ${user} LOGIN CREATEROLE PASSWORD 'creator'`);
    const database = newName();
    await ask(server.url, `CREATE DATABASE ${database} ENCODING 'UTF8' TEMPLATE template0`);
    const admin = new URL(server.url);
    admin.pathname = database;
    await ask(admin.href, `CREATE SCHEMA "Our ""Schema""" AUTHORIZATION ${user}`);
    await ask(server.url, `ALTER ROLE ${user} SET search_path = "Our ""Schema"""`);
    const url = asUser(admin.href, user, 'creator');
    const { code, stdout } = await commandLine(['migrate'], {
      DATABASE_URL: url,
      DB_READER_ROLE: name,
      DB_READER_PASSWORD: PASSWORD,
    });
    expect(stdout).toContain(`Created the read-only role ${name}.\n`);
    expect(code).toBe(0);
    expect(await ask(asUser(url, name, PASSWORD), 'SELECT * FROM tetcore_logs')).toEqual([]);
  });

  it('is reported to lack privileges if the schema belongs to another user', async () => {
    const [user, name, database] = [newName(), newName(), newName()];
    await ask(
      server.url,
      `CREATE ROLE ${user} LOGIN CREATEROLE PASSWORD 'creator'`,
      `CREATE DATABASE ${database} ENCODING 'UTF8' TEMPLATE template0`,
    );
    const admin = databaseNamed(server.url, database);
    await ask(
      admin,
      'REVOKE ALL ON SCHEMA public FROM PUBLIC',
      `GRANT USAGE, CREATE ON SCHEMA public TO ${user}`,
    );
    const url = asUser(admin, user, 'creator');
    const environment = { DATABASE_URL: url, DB_READER_ROLE: name, DB_READER_PASSWORD: PASSWORD };
    const statement = `GRANT USAGE ON SCHEMA public TO ${name}`;
    for (const times of [1, 2]) {
      const { code, stderr } = await commandLine(['migrate'], environment);
      expect({ times, code, stderr }).toEqual({
        times,
        code: 1,
        stderr:
          `The role "${name}" of DB_READER_ROLE lacks privileges that the user of DATABASE_URL cannot grant. ` +
          `Ask the owner of the database and of the schema to run: ${statement}\n`,
      });
    }
    const request = 'SELECT * FROM tetcore_logs';
    await expect(ask(asUser(url, name, PASSWORD), request)).rejects.toThrow();
    await ask(admin, statement);
    expect(await ensureReaderRole(url, { DB_READER_ROLE: name })).toBeUndefined();
    expect(await ask(asUser(url, name, PASSWORD), request)).toEqual([]);
  });

  it('is created by a server that migrates at the start', async () => {
    const url = await newDatabase(server);
    const [one, other] = [newName(), newName()];
    {
      await using running = await TestServer.ready(url, {
        DB_READER_ROLE: one,
        DB_READER_PASSWORD: PASSWORD,
      });
      expect((await running.get('/health/ready')).status).toBe(200);
      expect(await ask(asUser(url, one, PASSWORD), 'SELECT * FROM collectors')).toHaveLength(1);
    }
    await using running = await TestServer.ready(url, { DB_READER_ROLE: other, MIGRATE_ON_START: 'false' });
    expect((await running.get('/health/ready')).status).toBe(200);
    expect(await kept(url, other)).toEqual([]);
  });

  it('has its password in no log', async () => {
    const url = await newDatabase(server);
    const name = newName();
    const database = pg.escapeIdentifier(new URL(url).pathname.slice(1));
    await ask(url, `ALTER DATABASE ${database} SET log_statement = 'all'`);
    for (const password of [PASSWORD, OTHER_PASSWORD]) {
      await using running = await ServerProcess.ready(await freePort(), {
        DATABASE_URL: url,
        DB_READER_ROLE: name,
        DB_READER_PASSWORD: password,
        JOURNAL_MODE: 'off',
        LOG_LEVEL: 'trace',
      });
      expect(await running.end('SIGTERM')).toBe(0);
      expect(running.log).toContain(` the read-only role ${name}`);
      for (const secret of [password, password.slice(4, 14), 'SCRAM-SHA-256'])
        expect(running.log).not.toContain(secret);
    }
    if (server.log === undefined) return;
    const log = await server.log();
    expect(log.match(new RegExp(`ALTER ROLE "${name}" PASSWORD 'SCRAM-SHA-256\\$4096:`, 'g'))).toHaveLength(
      2,
    );
    for (const secret of [PASSWORD, PASSWORD.slice(4, 14), OTHER_PASSWORD]) expect(log).not.toContain(secret);
  });
});

function fiveNames(): [string, string, string, string, string] {
  return [newName(), newName(), newName(), newName(), newName()];
}

function given(password: string | undefined): { DB_READER_PASSWORD?: string } {
  return password === undefined ? {} : { DB_READER_PASSWORD: password };
}
