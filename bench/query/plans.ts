import { open, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '../../src/simulator/random/random.js';
import { databaseNamed, onDatabase } from '../../test/support/on-database.js';
import { BenchServer } from '../support/bench-server.js';
import { type Data, SERVER_SETTINGS } from './data/build.js';
import { SEED } from './data/cast.js';
import { timeOf } from './measure.js';
import type { Route } from './routes.js';
import type { World } from './world.js';

/** The log is written by another process. */
const LOG_DELAY_MS = 300;

const AUTO_EXPLAIN = {
  session_preload_libraries: 'auto_explain',
  'auto_explain.log_min_duration': '0',
  'auto_explain.log_analyze': 'on',
  'auto_explain.log_buffers': 'on',
  // Planning is in these times, and in those of auto_explain not.
  log_min_duration_statement: '0',
};

/**
 * Prints the plan that took longest of each route, as EXPLAIN (ANALYZE, BUFFERS) has it: by a server whose
 * database sessions log them.
 *
 * @param logFile what PostgreSQL logs
 */
export async function printPlans(
  logFile: string | undefined,
  world: World,
  routes: readonly Route[],
): Promise<void> {
  if (logFile === undefined) {
    console.log('Plans are read from the log of the own PostgreSQL, and not of that of DATABASE_URL.');
    return;
  }
  const { data } = world;
  await alter(
    data,
    Object.entries(AUTO_EXPLAIN).map(([name, value]) => `SET ${name} = '${value}'`),
  );
  try {
    await using server = await BenchServer.start(data.url, SERVER_SETTINGS);
    for (const route of routes) {
      const path = route.path(world, new Random(SEED, route.name));
      await timeOf(server.http, path);
      const { size } = await stat(logFile);
      const ms = await timeOf(server.http, path);
      await sleep(LOG_DELAY_MS);
      console.log(`\nGET ${path}: ${ms.toFixed(1)} ms`);
      console.log(describe(await readFrom(logFile, size)));
    }
  } finally {
    await alter(
      data,
      Object.keys(AUTO_EXPLAIN).map((name) => `RESET ${name}`),
    );
  }
}

async function alter({ url }: Data, changes: readonly string[]): Promise<void> {
  const name = new URL(url).pathname.slice(1);
  await onDatabase(databaseNamed(url, 'postgres'), async (client) => {
    for (const change of changes) await client.query(`ALTER DATABASE ${name} ${change}`);
  });
}

async function readFrom(path: string, offset: number): Promise<string> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const buffer = Buffer.alloc(size - offset);
    await file.read(buffer, 0, buffer.length, offset);
    return buffer.toString();
  } finally {
    await file.close();
  }
}

const PLAN = /duration: (\d+\.\d+) ms {2}plan:\n((?:\t.*\n?)*)/g;
const STATEMENT = /duration: (\d+\.\d+) ms {2}(statement|parse|bind|execute)/g;

/** The slowest of the plans in a log, and what all statements took. */
function describe(log: string): string {
  const steps = [...log.matchAll(STATEMENT)].map(([, ms = '', step]) => ({ ms: Number(ms), step }));
  const total = steps.reduce((sum, { ms }) => sum + ms, 0);
  const statements = steps.filter(({ step }) => step === 'statement' || step === 'execute').length.toString();
  const plans = [...log.matchAll(PLAN)]
    .map(([, ms = '', text = '']) => ({ ms: Number(ms), text }))
    .sort((left, right) => right.ms - left.ms);
  const executing = plans.reduce((sum, { ms }) => sum + ms, 0);
  const count = plans.length.toString();
  return `${statements} statements, ${total.toFixed(1)} ms in the database, of which ${executing.toFixed(1)} to execute ${count} plans. The slowest:
${plans[0]?.ms.toFixed(1) ?? ''} ms
${plans[0]?.text ?? ''}`;
}
