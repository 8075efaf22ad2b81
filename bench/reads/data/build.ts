import pg from 'pg';
import { databaseNamed, onDatabase } from '../../../test/support/on-database.js';
import { fillOldDatabase } from '../old/fill.js';
import { type Cast, findCast } from './cast.js';
import { recreate, runCli, shapeOf } from './shape.js';

/** To be changed with what is built, so that what was kept is built anew. */
const VERSION = 1;
const NODES = 294;
/** Nodes that have left a day before the others. */
const GONE_NODES = 6;
/** Of all nodes in an hour of the scenario. */
const MESSAGES_PER_HOUR = 1_388_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A server makes partitions up to today: beyond this it had more of them than the data has. */
const MAX_AGE_MS = 3 * DAY_MS;

/** The same messages in a database of this server and in one of 0.1.4. */
export interface Data {
  /** Their names: where the PostgreSQL is may change. */
  ours: string;
  old: string;
  /** When the last message came in; that is the present of every request. */
  end: Date;
  cast: Cast;
}

/**
 * The data of a size: as it was kept, or built now. Where this server's tables have changed, the simulator writes the
 * same messages once more, and those of 0.1.4 stay.
 */
export async function openData(url: string, rows: number, rebuild: boolean): Promise<Data> {
  const ours = `bench_reads_${rows.toString()}`;
  const old = `${ours}_old`;
  const shape = await shapeOf(url);
  const keptEnd = rebuild ? undefined : (await markOf(url, old))?.end;
  const end = keptEnd ?? new Date(Math.floor(Date.now() / 1000) * 1000).toISOString();
  const found = await markOf(url, ours);
  if (found?.end !== end || found.shape !== shape) {
    console.log(`Building a database of about ${rows.toLocaleString('en-US')} messages.`);
    await recreate(url, ours);
    await simulate(databaseNamed(url, ours), rows, Date.parse(end));
    await mark(url, ours, { version: VERSION, shape, end });
  }
  if (keptEnd === undefined) {
    console.log('Building the same as a database of 0.1.4.');
    await recreate(url, old);
    await fillOldDatabase(databaseNamed(url, ours), databaseNamed(url, old));
    await mark(url, old, { version: VERSION, end });
  }
  const cast = await findCast(databaseNamed(url, old), new Date(end));
  await onDatabase(databaseNamed(url, ours), async (client) => {
    const { rows: counted } = await client.query<{ count: number }>(
      'SELECT count(*)::int AS count FROM tetcore_logs',
    );
    const count = counted[0]?.count ?? 0;
    if (count !== cast.rows) {
      throw new Error(`There are ${count.toString()} messages, but ${cast.rows.toString()} of 0.1.4.`);
    }
  });
  return { ours, old, end: new Date(end), cast };
}

/** Lets the project's own simulator write history: with other tables it writes them. */
async function simulate(url: string, rows: number, end: number): Promise<void> {
  const length = Math.round((rows / MESSAGES_PER_HOUR) * HOUR_MS);
  const fill = (nodes: number, seed: number, until: number): Promise<void> =>
    runCli([
      'simulate',
      ...['--scenario', 'mainnet', '--nodes', nodes.toString(), '--seed', seed.toString()],
      ...['--start', new Date(until - length).toISOString(), '--days', (length / DAY_MS).toFixed(6)],
      ...['--database', url],
    ]);
  await fill(GONE_NODES, 2, end - DAY_MS);
  await fill(NODES, 1, end);
  await onDatabase(url, async (client) => {
    await client.query("SET maintenance_work_mem = '512MB'");
    await client.query('VACUUM ANALYZE');
    await client.query('CHECKPOINT');
  });
}

/** Written down on a database when it is whole, outside of what is measured. */
interface Mark {
  version: number;
  /** Of this server's tables. */
  shape?: string;
  end: string;
}

async function mark(url: string, name: string, value: Mark): Promise<void> {
  await onDatabase(databaseNamed(url, 'postgres'), (client) =>
    client.query(`COMMENT ON DATABASE ${name} IS ${pg.escapeLiteral(JSON.stringify(value))}`),
  );
}

/** Of a database that can be used as it is. */
async function markOf(url: string, name: string): Promise<Mark | undefined> {
  const { rows } = await onDatabase(databaseNamed(url, 'postgres'), (client) =>
    client.query<{ text: string | null }>(
      "SELECT shobj_description(oid, 'pg_database') AS text FROM pg_database WHERE datname = $1",
      [name],
    ),
  );
  const text = rows[0]?.text ?? null;
  if (text === null) return undefined;
  const found = JSON.parse(text) as Mark;
  return found.version === VERSION && Date.now() - Date.parse(found.end) < MAX_AGE_MS ? found : undefined;
}
