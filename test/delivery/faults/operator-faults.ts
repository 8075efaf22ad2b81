import { setTimeout as sleep } from 'node:timers/promises';
import { databaseNamed, onDatabase } from '../../support/on-database.js';
import { waitUntil } from '../../support/wait-until.js';
import { readStored } from '../database/stored.js';
import type { Fault } from '../schedule/draw-schedule.js';
import type { Replica } from '../servers/replica.js';
import type { Stage } from './stage.js';

const AGAIN_MS = 90_000;
/** What PostgreSQL has got of a link that is frozen, it has worked at by then: milliseconds. */
const SETTLED_MS = 500;
const LEAST_AGE_MS = 1_500;

/**
 * The database is dropped and made anew under servers that run. It is renamed first, so that what it held at that very
 * moment can be read.
 */
export async function recreateDatabase(stage: Stage): Promise<void> {
  const { databaseUrl, postgres } = stage;
  const name = new URL(databaseUrl).pathname.slice(1);
  const old = `${name}_gone`;
  await onDatabase(databaseNamed(postgres.url, 'postgres'), async (admin) => {
    await admin.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
    await waitUntil(
      async () => {
        await admin.query(
          'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()',
          [name],
        );
        await admin.query(`ALTER DATABASE ${name} RENAME TO ${old}`);
        return true;
      },
      { what: 'the last session of the database to end', timeoutMs: 30_000, everyMs: 50 },
    );
    await admin.query(`CREATE DATABASE ${name}`);
    await admin.query(`ALTER DATABASE ${old} ALLOW_CONNECTIONS true`);
    stage.gone.push({ before: await readStored(databaseNamed(postgres.url, old)) });
    await admin.query(`DROP DATABASE ${old} WITH (FORCE)`);
  });
  await waitUntil(
    () =>
      onDatabase(databaseUrl, async (client) => {
        const { rows } = await client.query<{ some: boolean }>(
          // Each process has a row with its own id from its start.
          'SELECT EXISTS (SELECT FROM ingest_batches WHERE id NOT IN (SELECT id FROM collectors)) AS some',
        );
        return rows[0]?.some;
      }),
    { what: 'batches in the new database', timeoutMs: AGAIN_MS, everyMs: 100 },
  );
  await waitUntil(async () => !(await Promise.all(stage.replicas.map(isInTrouble))).includes(true), {
    what: 'the servers to find their tables',
    timeoutMs: AGAIN_MS,
    everyMs: 100,
  });
}

/** One that is stopped, or frozen, cannot say so. */
async function isInTrouble(replica: Replica): Promise<boolean> {
  return await replica.metrics().then(
    (metrics) => metrics.sum('tetcore_database_trouble') > 0,
    () => false,
  );
}

/** Messages are stored that a backup does not have, and others wait in journals, when it takes the place of all. */
export async function restoreBackup(stage: Stage, { lengthMs }: Fault): Promise<void> {
  const { databaseUrl, postgres, link } = stage;
  await postgres.backUp();
  await sleep(Math.max(LEAST_AGE_MS, lengthMs));
  link.freeze();
  try {
    await sleep(Math.max(SETTLED_MS, lengthMs));
    const before = await readStored(databaseUrl);
    await postgres.restore();
    stage.gone.push({ before, kept: await readStored(databaseUrl) });
  } finally {
    link.mend();
  }
}
