import { randomBytes } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';
import { EmbeddedPostgresServer } from '../../../src/embedded-postgres/index.js';
import { migrateDatabase } from '../../../src/storage/index.js';
import { PostgresTools } from '../../backup/postgres-tools.js';
import { databaseNamed, onDatabase } from '../../support/on-database.js';
import { tempDir } from '../../support/temp-dir.js';

/** A PostgreSQL of a test's own, since roles belong to all databases of a server. */
export interface RoleServer extends AsyncDisposable {
  /** As its superuser. */
  url: string;
  /** Whether it asks for passwords. */
  asksForPasswords: boolean;
  /** What it has logged; undefined where that cannot be read. */
  log?: () => Promise<string>;
}

/** The PostgreSQL that comes with the server, and each other one that is installed here, of a version that we take. */
export async function roleServers(): Promise<{ name: string; start: () => Promise<RoleServer> }[]> {
  const installed = (await PostgresTools.installed()).filter(
    ({ hasServer, major }) => hasServer && major >= 15,
  );
  return [
    { name: 'the PostgreSQL that comes with the server', start: startOwn },
    ...installed.map((tools) => ({
      name: `PostgreSQL ${tools.major.toString()} of this system`,
      start: async () => {
        const server = await tools.startServer();
        return {
          url: server.url,
          asksForPasswords: false,
          [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
        };
      },
    })),
  ];
}

async function startOwn(): Promise<RoleServer> {
  const dataDir = await tempDir('reader-role');
  const server = await EmbeddedPostgresServer.start({
    dataDir,
    logger: { log: () => undefined, warn: () => undefined, error: console.error },
  });
  return {
    url: databaseNamed(server.url, 'postgres'),
    asksForPasswords: true,
    log: () => readFile(join(dataDir, 'postgres.log'), 'utf8'),
    [Symbol.asyncDispose]: async () => {
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** A migrated database, and unique names of roles. */
export async function newDatabase(
  server: RoleServer,
  as: (url: string) => string = (url) => url,
): Promise<string> {
  const url = as(databaseNamed(server.url, `db_${newName()}`));
  await migrateDatabase(url);
  return url;
}

export function newName(): string {
  return `r${randomBytes(6).toString('hex')}`;
}

/** The same database as another user. */
export function asUser(url: string, user: string, password = ''): string {
  const other = new URL(url);
  other.username = user;
  other.password = encodeURIComponent(password);
  return other.href;
}

/** Asks in one session, statement by statement, and gives the rows of the last one. */
export async function ask<Row extends pg.QueryResultRow>(
  url: string,
  ...statements: string[]
): Promise<Row[]> {
  return await onDatabase(url, async (client) => {
    let rows: Row[] = [];
    for (const statement of statements) ({ rows } = await client.query<Row>(statement));
    return rows;
  });
}
