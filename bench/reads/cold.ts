import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { databaseNamed } from '../../test/support/on-database.js';
import type { KeptPostgres } from '../support/kept-postgres.js';
import type { Data } from './data/build.js';
import { timeOf } from './measure.js';
import type { ReadRequest } from './requests.js';
import { startOld, startOurs } from './sides.js';

/** Milliseconds of the first answer, ours and that of 0.1.4. */
export type Cold = readonly [number, number];

/** Answers without anything of the database, which routes are warmed up with. */
const WARM_UP: ReadRequest = {
  name: 'stats/version',
  path: () => '/stats/version',
  old: () => Promise.resolve(0),
  sameRows: false,
};

/**
 * Sends a request once to both, each as the first after a restart of PostgreSQL.
 *
 * @param dropCaches whether the system forgets what it has of files, which needs root and slows all of the machine
 * @returns undefined for a PostgreSQL elsewhere, which is not restarted
 */
export async function measureCold(
  postgres: KeptPostgres,
  data: Data,
  request: ReadRequest,
  dropCaches: boolean,
): Promise<Cold | undefined> {
  if (!(await postgres.restart())) return undefined;
  if (dropCaches) forgetFiles();
  // The two share no table: what one has read does not help the other.
  const ours = await first(await startOurs(databaseNamed(postgres.url, data.ours), data, 1), request);
  const old = await first(await startOld(databaseNamed(postgres.url, data.old), data, 1), request);
  return [ours, old];
}

async function first(started: Awaited<ReturnType<typeof startOurs>>, request: ReadRequest): Promise<number> {
  await using side = started;
  await side.ask(WARM_UP);
  return await timeOf(side, request);
}

function forgetFiles(): void {
  execFileSync('sync');
  writeFileSync('/proc/sys/vm/drop_caches', '3');
}
