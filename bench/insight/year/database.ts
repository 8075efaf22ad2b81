import pg from 'pg';
import { databaseNamed, onDatabase } from '../../../test/support/on-database.js';
import { BenchServer } from '../../support/bench-server.js';
import { KEEP_COLLECTOR_ALIVE } from '../../support/tables.js';
import { fillWorld } from './fill.js';
import { DAY_MS, HOUR_MS, MINUTE_MS, type World } from './world.js';

/** To be changed with what is generated, so that what was kept is built anew. */
const VERSION = 1;
/** Later, the retention of the details would end within the data. */
const MAX_AGE_MS = 12 * HOUR_MS;

/** Nothing of the data expires while it is measured. */
export const SERVER_SETTINGS = { PURGE_INTERVAL_S: '86400' };

export interface Data {
  url: string;
  world: World;
}

/** A new, migrated database. @returns its URL */
export async function freshDatabase(server: string, name: string): Promise<string> {
  await onDatabase(databaseNamed(server, 'postgres'), async (client) => {
    await client.query(`DROP DATABASE IF EXISTS ${pg.escapeIdentifier(name)} WITH (FORCE)`);
    await client.query(`CREATE DATABASE ${pg.escapeIdentifier(name)} ENCODING 'UTF8' TEMPLATE template0`);
  });
  const url = databaseNamed(server, name);
  await using migrating = await BenchServer.start(url, SERVER_SETTINGS);
  await migrating.drained();
  return url;
}

/** The database of a size, which ends now: as it was kept for some hours, or built now. */
export async function openYear(
  server: string,
  { nodes, days, seed, rebuild }: { nodes: number; days: number; seed: number; rebuild: boolean },
): Promise<Data> {
  const name = `bench_insight_${nodes.toString()}_${days.toString()}_${seed.toString()}`;
  const now = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;
  const built = rebuild ? undefined : await builtAt(server, name);
  const to = built ?? now;
  const from = Math.floor((to - days * DAY_MS) / DAY_MS) * DAY_MS;
  const data = { url: databaseNamed(server, name), world: { nodes, from, to, seed } };
  if (built === undefined) {
    console.log(`Building ${days.toString()} days of ${nodes.toString()} nodes.`);
    await freshDatabase(server, name);
    await fillWorld(data.url, data.world);
    await mark(server, name, to);
  }
  await onDatabase(data.url, (client) => client.query(KEEP_COLLECTOR_ALIVE));
  return data;
}

/** The end of the data; undefined if there is none, or if it is too old. */
async function builtAt(server: string, name: string): Promise<number | undefined> {
  return await onDatabase(databaseNamed(server, 'postgres'), async (client) => {
    const { rows } = await client.query<{ mark: string | null }>(
      `SELECT shobj_description(oid, 'pg_database') AS mark FROM pg_database WHERE datname = $1`,
      [name],
    );
    const [version, end] = (rows[0]?.mark ?? '').split(' ').map(Number);
    const isNew = version === VERSION && end !== undefined && Date.now() - end < MAX_AGE_MS;
    return isNew ? end : undefined;
  });
}

async function mark(server: string, name: string, end: number): Promise<void> {
  await onDatabase(databaseNamed(server, 'postgres'), (client) =>
    client.query(
      `COMMENT ON DATABASE ${pg.escapeIdentifier(name)} IS '${VERSION.toString()} ${end.toString()}'`,
    ),
  );
}

/** Bytes of the tables of insight with their indexes, by name. */
export async function tableSizes(url: string): Promise<Record<string, number>> {
  return await onDatabase(url, async (client) => {
    const { rows } = await client.query<{ name: string; bytes: number }>(
      `SELECT relname AS name, pg_total_relation_size(oid)::float8 AS bytes FROM pg_class
        WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
          AND (relname LIKE 'insight\\_%' OR relname IN ('nodes', 'chains', 'observer_gaps'))
        ORDER BY 2 DESC`,
    );
    return Object.fromEntries(rows.map(({ name, bytes }) => [name, bytes]));
  });
}
