import { availableParallelism } from 'node:os';
import pg from 'pg';
import { databaseNamed, onDatabase } from '../../../test/support/on-database.js';
import { BenchServer } from '../../support/bench-server.js';
import { INSERT_COLLECTOR } from '../../support/tables.js';
import { type Cast, castOf, CONNECTIONS, DAY_MS, DAYS, PEERS, REPORTERS } from './cast.js';
import { fillConnections } from './connections.js';
import { fillDay, fillKinds } from './messages.js';
import { makePartitions } from './partitions.js';
import { writeReports } from './reports.js';
import { SCRATCH } from './scratch.js';

/** To be changed with what is built, so that what was kept is built anew. */
const VERSION = 2;
const HOUR_MS = 3_600_000;
/** Beyond this the data is older than the server's settings here let it be. */
const MAX_AGE_MS = 60 * DAY_MS;
const OLD_REPORTS = 5;

/** A filled database, and what is in it. */
export interface Data {
  url: string;
  rows: number;
  cast: Cast;
  start: Date;
  /** All of the messages are older, but for the reports and the load of a run. */
  end: Date;
}

/** Days are as long as a partition of the server's, and nothing of the data expires while it is kept. */
export const SERVER_SETTINGS = { LOG_EXPIRY_H: (90 * 24).toString(), PURGE_INTERVAL_S: '86400' };

/** The database of a size: as it was kept, or built now. */
export async function openData(url: string, rows: number, rebuild: boolean): Promise<Data> {
  const name = `bench_query_${rows.toString()}`;
  const cast = castOf(rows, PEERS * CONNECTIONS + REPORTERS * OLD_REPORTS);
  const found = rebuild ? undefined : await builtAt(url, name);
  const end = found ?? new Date(Math.floor((Date.now() - HOUR_MS) / DAY_MS) * DAY_MS);
  const start = new Date(end.getTime() - DAYS * DAY_MS);
  const data = { url: databaseNamed(url, name), rows, cast, start, end };
  if (found !== undefined) return data;
  const began = Date.now();
  console.log(`Building a database of ${rows.toLocaleString('en-US')} messages.`);
  await makeDatabase(url, name);
  await build(data);
  await mark(url, name, end);
  const seconds = Math.round((Date.now() - began) / 1000).toString();
  console.log(`It took ${seconds} s, and stays for the next run; --rebuild builds it anew.`);
  return data;
}

async function build({ url, cast, start, end }: Data): Promise<void> {
  {
    await using migrating = await BenchServer.start(url, SERVER_SETTINGS);
    await migrating.drained();
  }
  await onDatabase(url, async (client) => {
    await makePartitions(client, start, end);
    await client.query(`CREATE SCHEMA ${SCRATCH}`);
    await fillKinds(client);
    await client.query(INSERT_COLLECTOR, [start, end]);
    await fillConnections(client, cast, start);
  });
  const days = Array.from({ length: DAYS }, (_, day) => day);
  await Promise.all(
    Array.from({ length: Math.min(4, availableParallelism()) }, () =>
      onDatabase(url, async (client) => {
        await client.query("SET work_mem = '256MB'; SET jit = off");
        for (let day = days.shift(); day !== undefined; day = days.shift()) {
          await fillDay(client, start, day);
          console.log(`  day ${(day + 1).toString()} of ${DAYS.toString()}`);
        }
      }),
    ),
  );
  await onDatabase(url, async (client) => {
    const apart = (DAYS / OLD_REPORTS) * DAY_MS;
    const old = Array.from({ length: OLD_REPORTS * REPORTERS }, (_, index) => ({
      reporter: index % REPORTERS,
      at: new Date(start.getTime() + ((index + 0.5) / REPORTERS) * apart),
    }));
    await writeReports(client, cast, old);
    await client.query(`DROP SCHEMA ${SCRATCH} CASCADE`);
    // As autovacuum would have by then.
    await client.query("SET maintenance_work_mem = '256MB'");
    await client.query('VACUUM ANALYZE');
    await client.query('CHECKPOINT');
  });
}

async function makeDatabase(url: string, name: string): Promise<void> {
  await onDatabase(databaseNamed(url, 'postgres'), async (client) => {
    await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    await client.query(`CREATE DATABASE ${name} ENCODING 'UTF8' TEMPLATE template0`);
  });
}

/** What was built is written down when it is whole, outside of what is measured. */
async function mark(url: string, name: string, end: Date): Promise<void> {
  const text = JSON.stringify({ version: VERSION, end: end.toISOString() });
  await onDatabase(databaseNamed(url, 'postgres'), (client) =>
    client.query(`COMMENT ON DATABASE ${name} IS ${pg.escapeLiteral(text)}`),
  );
}

/** Where the data of a database ends that can be used as it is. */
async function builtAt(url: string, name: string): Promise<Date | undefined> {
  const { rows } = await onDatabase(databaseNamed(url, 'postgres'), (client) =>
    client.query<{ text: string | null }>(
      "SELECT shobj_description(oid, 'pg_database') AS text FROM pg_database WHERE datname = $1",
      [name],
    ),
  );
  const text = rows[0]?.text ?? null;
  if (text === null) return undefined;
  const { version, end } = JSON.parse(text) as { version: number; end: string };
  return version === VERSION && Date.now() - Date.parse(end) < MAX_AGE_MS ? new Date(end) : undefined;
}
