import { statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { BenchPostgres } from '../../support/bench-postgres.js';
import { BenchServer } from '../../support/bench-server.js';
import { KeptPostgres } from '../../support/kept-postgres.js';
import { parseArgs } from '../../support/parse-args.js';
import { round2 } from '../../support/result.js';
import { aggregateStretch, compare, type Difference } from './check.js';
import { freshDatabase, openYear, SERVER_SETTINGS, tableSizes } from './database.js';
import { fillWorld } from './fill.js';
import { BAR_KB, BAR_MS, type Measured, measure } from './measure.js';
import { ROUTES } from './routes.js';
import { HOUR_MS } from './world.js';

// The routes of insight over a year of a chain. Its tables are generated, and the generator is checked against the
// aggregation of a simulated stretch.
const { values: options } = parseArgs({
  options: {
    nodes: { type: 'string', default: '1000' },
    days: { type: 'string', default: '365' },
    seed: { type: 'string', default: '1' },
    requests: { type: 'string', default: '20' },
    only: { type: 'string', default: '' },
    'data-dir': { type: 'string', default: KeptPostgres.defaultDir('insight-year') },
    rebuild: { type: 'boolean', default: false },
    check: { type: 'boolean', default: true },
    'check-nodes': { type: 'string', default: '100' },
    'check-hours': { type: 'string', default: '2' },
  },
  allowNegative: true,
});
const GB = 1e9;
const SIZE_BAR_GB = 5;
/** What has bars of its own. */
const LARGE = new Set(['insight_arrivals', 'insight_reports', 'insight_reputation_runs']);
const NEEDED_GB = 12;

const seed = Number(options.seed);
await checkDisk();
const differences = options.check ? await checkGenerator() : [];
await using postgres = await KeptPostgres.start(options['data-dir']);
const { url, world } = await openYear(postgres.url, {
  nodes: Number(options.nodes),
  days: Number(options.days),
  seed,
  rebuild: options.rebuild,
});
const sizes = await tableSizes(url);
console.table(Object.entries(sizes).map(([table, bytes]) => ({ table, mb: Math.round(bytes / 1e6) })));
const measured = await measureAll();
report();

async function checkDisk(): Promise<void> {
  const { bavail, bsize } = await statfs(tmpdir());
  const free = (bavail * bsize) / GB;
  if (process.env.DATABASE_URL === undefined && free < NEEDED_GB)
    throw new Error(
      `${tmpdir()} has ${round2(free).toString()} GB left; the data needs ${NEEDED_GB.toString()}.`,
    );
}

/** A month of a thousand nodes would take a day to aggregate: the check is of fewer nodes, for hours. */
async function checkGenerator(): Promise<Difference[]> {
  const to = Math.floor(Date.now() / HOUR_MS) * HOUR_MS - HOUR_MS;
  const nodes = Number(options['check-nodes']);
  const stretch = { nodes, from: to - Number(options['check-hours']) * HOUR_MS, to, seed };
  console.log(
    `Comparing generated rows with those of the aggregation: ${nodes.toString()} nodes, ${options['check-hours']} hours.`,
  );
  await using checked = await BenchPostgres.start();
  const generated = await freshDatabase(checked.url, 'bench_insight_generated');
  await fillWorld(generated, stretch);
  const aggregated = await freshDatabase(checked.url, 'bench_insight_aggregated');
  await aggregateStretch(aggregated, stretch);
  const found = await compare(generated, aggregated, stretch);
  console.table(found);
  return found;
}

async function measureAll(): Promise<Measured[]> {
  await using server = await BenchServer.start(url, SERVER_SETTINGS);
  const found: Measured[] = [];
  for (const route of ROUTES) {
    if (!`${route.name} ${route.range}`.includes(options.only)) continue;
    const one = await measure(server.http, world, route, Number(options.requests));
    found.push(one);
    if (one.missed !== '') console.log(`${one.route}, ${one.range}: p95 ${one.p95_ms.toString()} ms`);
  }
  return found;
}

/** Prints a table, and the same as one JSON object in the last line. The exit code is 1 if a bar is missed. */
function report(): void {
  console.table(measured);
  const small = Object.entries(sizes).filter(([table]) => !LARGE.has(table));
  const smallGb = round2(small.reduce((sum, [, bytes]) => sum + bytes, 0) / GB);
  const missed = [
    ...measured
      .filter(({ missed: bars }) => bars !== '')
      .map(({ route, range, missed: bars }) => `${route}, ${range}: ${bars}`),
    ...(smallGb > SIZE_BAR_GB ? ['small_tables_gb'] : []),
    ...differences
      .filter(({ wrong }) => wrong !== '')
      .map(({ table, wrong }) => `generated ${table}: ${wrong}`),
  ];
  const overall = {
    bar_ms: BAR_MS,
    bar_gzip_kb: BAR_KB,
    requests_of: measured.length,
    slowest_p95_ms: Math.max(...measured.map(({ p95_ms }) => p95_ms)),
    largest_gzip_kb: Math.max(...measured.map(({ gzip_kb }) => gzip_kb)),
    small_tables_gb: smallGb,
    small_tables_bar_gb: SIZE_BAR_GB,
    arrivals_gb: round2((sizes.insight_arrivals ?? 0) / GB),
  };
  console.table(Object.entries(overall).map(([what, value]) => ({ what, value })));
  console.log(missed.length === 0 ? 'Every bar is met.' : `Missed:\n  ${missed.join('\n  ')}`);
  console.log(JSON.stringify({ routes: measured, sizes, differences, ...overall, missed }));
  process.exitCode = missed.length === 0 ? 0 : 1;
}
