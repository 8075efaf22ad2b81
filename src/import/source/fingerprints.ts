import type { ClientBase } from 'pg';
import type { IdRange } from '../id-ranges.js';
import { ImportError } from '../import.error.js';
import type { Fingerprints, ImportLedger } from '../target/import-ledger.js';
import type { SourceTables } from './source-tables.js';

/** What of a row never changes, and is hardly the same in another database. */
function fingerprint(table: string): string {
  return `md5(created_at::text || '/' || ${table === 'peer_connections' ? 'ip_addr' : 'logs'}::text)`;
}

/** The fingerprints of the lowest and of the highest row in a range; empty where there is none. */
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
 * Compares the source with what was brought over of it. Rows that it has no more say nothing: 0.1.4 purges too.
 *
 * @throws ImportError where a row is another one than it was
 */
export async function refuseStranger(
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
