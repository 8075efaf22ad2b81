import type { ClientBase } from 'pg';
import { createHash } from 'node:crypto';
import { ImportError } from '../import-options.js';
import type { Fingerprints, ImportLedger } from '../target/import-ledger.js';
import type { IdRange } from './id-ranges.js';
import type { SourceTables } from './inspect-source.js';

/** Identifies a database across servers. */
export async function databaseIdentity(client: ClientBase): Promise<string> {
  const { rows } = await client.query<{ identity: string }>(
    `SELECT (SELECT system_identifier FROM pg_control_system())::text || '/' || oid::text AS identity
       FROM pg_database WHERE datname = current_database()`,
  );
  return rows[0]?.identity ?? '';
}

/**
 * A UUID of the source that is the same for every run. If possible, it is derived from the time of the first migration,
 * so that it survives dump and restore.
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

/** A hash of immutable columns, which is unlikely to be equal in another database. */
function fingerprint(table: string): string {
  return `md5(created_at::text || '/' || ${table === 'peer_connections' ? 'ip_addr' : 'logs'}::text)`;
}

/** The fingerprints of the first and the last row in a range; empty if there are no rows. */
export async function fingerprintsIn(
  client: ClientBase,
  table: string,
  { first, last }: IdRange,
): Promise<Fingerprints> {
  const between = `FROM ${table} WHERE id BETWEEN ${first} AND ${last}`;
  return Object.fromEntries(
    await read(client, table, `id IN ((SELECT min(id) ${between}), (SELECT max(id) ${between}))`),
  );
}

/**
 * Compares the source with the fingerprints of imported rows. Missing rows are ignored, because 0.1.4 purges rows.
 *
 * @throws ImportError if a row differs
 */
export async function checkSameSource(
  source: ClientBase,
  target: ClientBase,
  ledger: ImportLedger,
  { logs, connections }: SourceTables,
): Promise<void> {
  for (const { name } of [...logs, connections]) {
    const known = await ledger.fingerprints(target, name);
    if (known.size === 0) continue;
    for (const [id, now] of await read(source, name, 'id = ANY($1::bigint[])', [[...known.keys()]])) {
      if (now === known.get(id)) continue;
      throw new ImportError(
        `The source differs from the source of the previous import, although both have the same origin: row ${id} of ` +
          `${name} is different. Nothing was imported. Only one of two diverged copies of a database can be imported ` +
          'into a target. Set DATABASE_URL to another database for the other copy.',
      );
    }
  }
}

async function read(
  client: ClientBase,
  table: string,
  condition: string,
  parameters: unknown[] = [],
): Promise<[string, string][]> {
  const { rows } = await client.query<{ id: string; fingerprint: string | null }>(
    `SELECT id::text AS id, ${fingerprint(table)} AS fingerprint FROM ${table} WHERE ${condition}`,
    parameters,
  );
  return rows.flatMap(({ id, fingerprint: found }) => (found === null ? [] : [[id, found]]));
}
