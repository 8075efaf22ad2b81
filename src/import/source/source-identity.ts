import { createHash } from 'node:crypto';
import type { ClientBase } from 'pg';
import type { SourceTables } from './source-tables.js';

/** What tells a database from all others, also of other servers. */
export async function databaseIdentity(client: ClientBase): Promise<string> {
  const { rows } = await client.query<{ identity: string }>(
    `SELECT (SELECT system_identifier FROM pg_control_system())::text || '/' || oid::text AS identity
       FROM pg_database WHERE datname = current_database()`,
  );
  return rows[0]?.identity ?? '';
}

/**
 * A UUID of the source, the same for every run. Where it can be it is made of when its tables were first made, and so
 * stays the same when the source is dumped and restored elsewhere.
 */
export async function sourceId(client: ClientBase, { migrations }: SourceTables): Promise<string> {
  const made = migrations === undefined ? undefined : await firstMigration(client, migrations.name);
  return uuidOf(made ?? (await databaseIdentity(client)));
}

async function firstMigration(client: ClientBase, table: string): Promise<string | undefined> {
  const { rows } = await client.query<{ made: string }>(
    `SELECT version::text || ' ' || run_on::text AS made FROM ${table} ORDER BY run_on, version LIMIT 1`,
  );
  return rows[0]?.made;
}

/** A UUIDv8 (RFC 9562, section 5.8) by SHA-256. */
function uuidOf(name: string): string {
  const hex = createHash('sha256').update(`tetcore-analytics import ${name}`).digest('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}
