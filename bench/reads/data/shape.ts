import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { built } from '../../../test/support/built.js';
import { databaseNamed, onDatabase } from '../../../test/support/on-database.js';

const SCRATCH = 'bench_reads_shape';

/** A digest of the tables, columns and indexes that this build makes: what was filled with another shape is of no use. */
export async function shapeOf(url: string): Promise<string> {
  const scratch = databaseNamed(url, SCRATCH);
  await recreate(url, SCRATCH);
  await runCli(['migrate'], { DATABASE_URL: scratch });
  const lines = await onDatabase(scratch, async (client) => {
    const { rows } = await client.query<{ line: string }>(`
      SELECT relname || ' ' || attname || ' ' || format_type(atttypid, atttypmod) || ' ' || attcompression::text AS line
        FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
       WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
         AND attnum > 0 AND NOT attisdropped
      UNION ALL
      SELECT pg_get_indexdef(pg_class.oid)
        FROM pg_class
       WHERE relnamespace = 'public'::regnamespace AND relkind IN ('i', 'I') AND NOT relispartition
       ORDER BY line`);
    return rows.map(({ line }) => line);
  });
  await onDatabase(databaseNamed(url, 'postgres'), (client) =>
    client.query(`DROP DATABASE ${SCRATCH} WITH (FORCE)`),
  );
  return createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, 16);
}

/** Makes a database that is empty, in the place of one that was there. */
export async function recreate(url: string, name: string): Promise<void> {
  await onDatabase(databaseNamed(url, 'postgres'), async (client) => {
    await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    await client.query(`CREATE DATABASE ${name} ENCODING 'UTF8' TEMPLATE template0`);
  });
}

/** Runs a command of the built program; throws where it fails. */
export async function runCli(args: readonly string[], env: Record<string, string> = {}): Promise<void> {
  const child = spawn(process.execPath, [built('cli/main.js'), ...args], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`tetcore-analytics ${args[0] ?? ''} has failed.`);
}
