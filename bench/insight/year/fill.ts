import type { ClientBase } from 'pg';
import { onDatabase } from '../../../test/support/on-database.js';
import { fillBlocks, writeState } from './fill-blocks.js';
import { fillDays, fillNodes } from './fill-nodes.js';
import { writeTemplates } from './templates.js';
import type { World } from './world.js';

/** Fills a migrated, empty database. */
export async function fillWorld(url: string, world: World): Promise<void> {
  const onSession = (work: (client: ClientBase) => Promise<void>): Promise<void> =>
    onDatabase(url, async (client) => {
      await client.query("SET synchronous_commit = off; SET work_mem = '256MB'; SET jit = off");
      await client.query(`SET bench.seed = '${world.seed.toString()}'`);
      await work(client);
    });
  const began = performance.now();
  await onSession((client) => fillNodes(client, world));
  // Neither reads what the other writes.
  await Promise.all([
    onSession((client) => fillDays(client, world)),
    onSession(async (client) => {
      await writeTemplates(client, world);
      await fillBlocks(client, world);
    }),
  ]);
  await onSession(async (client) => {
    await writeState(client, world);
    await client.query('VACUUM ANALYZE');
    await client.query('CHECKPOINT');
  });
  console.log(`The tables were filled in ${Math.round((performance.now() - began) / 1000).toString()} s.`);
}
