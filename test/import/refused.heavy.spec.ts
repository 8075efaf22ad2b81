import { describe, expect, it } from 'vitest';
import { TestDatabase } from '../support/databases.js';
import { commandLine } from '../support/command-line.js';
import { bringOver } from './importing.js';
import { fillOldDatabase, oldDatabase } from '../support/old-database.js';
import { TestServer } from '../support/test-server.js';

const nameOf = (database: TestDatabase): string => new URL(database.url).pathname.slice(1);

// They start processes.
describe('what cannot be imported', { timeout: 90_000 }, () => {
  it('is rejected: the target itself', async () => {
    await using old = await oldDatabase();
    await expect(bringOver(old, old)).rejects.toThrow('--from and DATABASE_URL are the same database');
  });

  it('is rejected: a database of this version', async () => {
    await using ours = await TestDatabase.create();
    await using target = TestDatabase.missing();
    await expect(bringOver(ours, target)).rejects.toThrow('is a database of this version');
    await expect(target.query('SELECT 1')).rejects.toThrow('does not exist');
  });

  it('is rejected: a database without the tables of 0.1.4', async () => {
    await using old = await oldDatabase();
    await using target = await TestDatabase.create();
    await old.query('ALTER TABLE substrate_logs RENAME peer_connection_id TO node_ip');
    await expect(bringOver(old, target)).rejects.toThrow(
      'substrate_logs of the source has no column peer_connection_id',
    );
    await old.query('DROP TABLE substrate_logs');
    await expect(bringOver(old, target)).rejects.toThrow(
      'It has __diesel_schema_migrations, benchmark_events, benchmarks, host_systems, peer_connections.',
    );
  });

  it('is rejected: missing privileges on source or target', async () => {
    await using old = await oldDatabase();
    await using target = await TestDatabase.create();
    const role = nameOf(old);
    await old.query(`CREATE ROLE ${role} LOGIN PASSWORD 'secret-of-the-role'`);
    const as = (url: string): string =>
      Object.assign(new URL(url), { username: role, password: 'secret-of-the-role' }).href;
    try {
      const unread = await commandLine(['import', '--from', as(old.url)], { DATABASE_URL: target.url });
      expect(unread).toMatchObject({ code: 1 });
      expect(unread.stderr).toContain('permission denied for table');
      const unwritten = await commandLine(['import', '--from', old.url], { DATABASE_URL: as(target.url) });
      expect(unwritten).toMatchObject({ code: 1 });
      expect(unwritten.stderr).toContain('permission denied');
      expect(JSON.stringify([unread, unwritten])).not.toContain('secret-of-the-role');
    } finally {
      await old.query(`DROP ROLE ${role}`);
    }
  });

  it('is rejected: an unreachable database, without printing its password', async () => {
    await using target = await TestDatabase.create();
    const from = 'postgres://somebody:secret-word@127.0.0.1:1/old?sslpassword=secret-too';
    const { code, stdout, stderr } = await commandLine(['import', '--from', from], {
      DATABASE_URL: target.url,
    });
    expect(code).toBe(1);
    expect(stdout).toContain('Importing 127.0.0.1:1/old into ');
    expect(stderr).toContain('Cannot connect to the source 127.0.0.1:1/old: ');
    await using old = await oldDatabase();
    const away = await commandLine(['import', '--from', old.url], { DATABASE_URL: from });
    expect(away).toMatchObject({ code: 1 });
    expect(away.stderr).toMatch(
      /^Cannot connect to the database of DATABASE_URL, 127\.0\.0\.1:1\/old: .*\n$/,
    );
    const unread = await commandLine(['import', '--from', 'mysql://x:secret@y/z']);
    expect(unread.code).toBe(2);
    const noTarget = await commandLine(['import', '--from', from]);
    expect(noTarget.stderr).toContain('Set DATABASE_URL');
    expect(noTarget.code).toBe(1);
    expect(stdout + stderr + away.stdout + away.stderr + unread.stderr + noTarget.stderr).not.toContain(
      'secret',
    );
  });

  it('does not change the source', async () => {
    await using old = await oldDatabase();
    await using target = await TestDatabase.create();
    await fillOldDatabase(old.url, { connections: 5, messages: 50, from: '2020-01-01', days: 1 });
    const role = `${nameOf(old)}_reader`;
    await old.query(`CREATE ROLE ${role} LOGIN PASSWORD 'x'`);
    try {
      await old.query(`GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${role}`);
      const from = Object.assign(new URL(old.url), { username: role, password: 'x' }).href;
      const { code, stdout } = await commandLine(['import', '--from', from], { DATABASE_URL: target.url });
      expect(stdout).toMatch(/substrate_logs +50 +50 +-/);
      expect(code).toBe(0);
    } finally {
      await old.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    }
  });
});

describe('a server on a database of a build from before the first release', { timeout: 90_000 }, () => {
  it('does not start, and asks for a new database', async () => {
    await using database = await TestDatabase.create();
    await database.query('DROP TABLE peer_connections CASCADE; CREATE TABLE peer_connections (id uuid)');
    await using server = await TestServer.start(database.url);
    await expect(server.server.ready).rejects.toThrow(
      /^The database was created by a build from before the first/,
    );
  });
});

describe('a server on a database of 0.1.4', { timeout: 90_000 }, () => {
  it('does not start, and explains how to import it', async () => {
    await using old = await oldDatabase();
    await using server = await TestServer.start(old.url);
    await expect(server.server.ready).rejects.toThrow(
      /^The database has the schema of version 0\.1\.4\. .*tetcore-analytics import --from/,
    );
    const migrated = await commandLine(['migrate'], { DATABASE_URL: old.url });
    expect(migrated.code).toBe(1);
    expect(migrated.stderr).toContain('The database has the schema of version 0.1.4.');
    const tables = await old.query("SELECT to_regclass('schema_migrations') AS name");
    expect(tables).toEqual([{ name: null }]);
  });
});
