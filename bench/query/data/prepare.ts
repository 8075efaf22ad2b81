import pg from 'pg';
import { onDatabase } from '../../../test/support/on-database.js';
import { listPartitions } from '../../../src/storage/partitions/partition-catalogue.js';
import { KEEP_COLLECTOR_ALIVE } from '../../support/tables.js';
import type { Data } from './build.js';
import { DAY_MS, REPORTERS } from './cast.js';
import { addPartition } from './partitions.js';
import { writeReports } from './reports.js';

/** How old the newest reports are, at most, when they are written: one of each reporter. */
const SPREAD_MS = 20 * 60_000;
/** Peers of the client that puts load on the server. */
const LOAD_PEERS = '12D3KooWBench%';
/** Routes write to them, and a run begins with none. */
const WRITTEN = ['benchmark_events', 'benchmarks', 'host_systems'];

/** Takes away what runs before have left: the data is as it was built. To be called without a server on it. */
export async function forgetRuns({ url, end }: Data): Promise<void> {
  await onDatabase(url, async (client) => {
    for (const { name, from } of await listPartitions(client, 'logs_expiring')) {
      if (from >= end.getTime()) await client.query(`DROP TABLE ${name}`);
    }
    // The server makes the partition of today, and reports may be of yesterday.
    const day = Math.floor((Date.now() - SPREAD_MS) / DAY_MS) * DAY_MS;
    await addPartition(client, 'logs_expiring', day, day + DAY_MS);
    await client.query('DELETE FROM peer_connections WHERE peer_id LIKE $1', [LOAD_PEERS]);
    const { rows } = await client.query<{ name: string }>(
      'SELECT table_name AS name FROM information_schema.tables WHERE table_name = ANY ($1)',
      [WRITTEN],
    );
    const names = rows.map(({ name }) => pg.escapeIdentifier(name));
    if (names.length > 0) await client.query(`TRUNCATE ${names.join(', ')} CASCADE`);
    // The server that collected the data counts as alive, or its connections would be ended.
    await client.query(KEEP_COLLECTOR_ALIVE);
    await client.query('VACUUM ANALYZE peer_connections');
  });
}

/** Writes the reports that are newest now. To be called when the server has made the partitions of today. */
export async function writeNewestReports({ url, cast }: Data): Promise<Date> {
  const now = Date.now();
  await onDatabase(url, async (client) => {
    const reports = Array.from({ length: REPORTERS }, (_, index) => ({
      reporter: (index * 77) % REPORTERS,
      at: new Date(now - SPREAD_MS + (index * SPREAD_MS) / REPORTERS),
    }));
    await writeReports(client, cast, reports);
    await client.query('VACUUM ANALYZE logs_expiring');
  });
  return new Date(now);
}
