import { BenchServer } from '../support/bench-server.js';
import { KeptPostgres } from '../support/kept-postgres.js';
import { type Data, openData, SERVER_SETTINGS } from './data/build.js';
import { forgetRuns } from './data/prepare.js';
import { type Exported, measureExport } from './export.js';
import { measureUnderLoad, type UnderLoad } from './load.js';
import { type Measured, measure, percentile } from './measure.js';
import { printPlans } from './plans.js';
import { isOverBar, printReport } from './report.js';
import { type Route, ROUTES } from './routes.js';
import { setScene, type World } from './world.js';
import { parseArgs } from '../support/parse-args.js';

const { values: options } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000,10000000' },
    'data-dir': { type: 'string', default: KeptPostgres.defaultDir() },
    rebuild: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    load: { type: 'boolean', default: true },
    'load-seconds': { type: 'string', default: '90' },
    export: { type: 'boolean', default: true },
  },
  allowNegative: true,
});
const routes = ROUTES.filter(({ name }) => name.includes(options.only));
const sizes = options.rows
  .split(',')
  .map(Number)
  .sort((left, right) => left - right);

await using postgres = await KeptPostgres.start(options['data-dir']);
const measured: { rows: number; routes: Map<Route, Measured> }[] = [];
let underLoad: UnderLoad | undefined;
let exported: Exported | undefined;
for (const rows of sizes) {
  const data = await openData(postgres.url, rows, options.rebuild);
  await forgetRuns(data);
  await run(data, rows === sizes.at(-1));
  await forgetRuns(data);
}
printReport(routes, { sizes: measured, underLoad, exported });

async function run(data: Data, isLargest: boolean): Promise<void> {
  await using server = await BenchServer.start(data.url, SERVER_SETTINGS);
  const world = await setScene(server.http, data);
  const found = await measureAll(server, world);
  measured.push({ rows: data.rows, routes: found });
  const slow = routes.filter((route) => isOverBar(route, found.get(route) ?? { status: 0 }));
  if (slow.length > 0) await printPlans(postgres.logFile, world, slow);
  if (!isLargest) return;
  if (options.export) {
    console.log(`Exporting ${data.cast.exported.rows.toLocaleString('en-US')} messages of a peer.`);
    exported = await measureExport(server, data);
    if (exported === undefined) console.log('The server does not answer in NDJSON.');
  }
  if (options.load) {
    console.log('Asking while messages come in.');
    const seconds = Number(options['load-seconds']);
    underLoad = await measureUnderLoad(server, world, idleTimes(found), seconds);
  }
}

async function measureAll(server: BenchServer, world: World): Promise<Map<Route, Measured>> {
  console.log(`${world.data.rows.toLocaleString('en-US')} messages: milliseconds`);
  const found = new Map<Route, Measured>();
  for (const route of routes) {
    const result = await measure(server.http, world, route);
    found.set(route, result);
    console.log(`  ${route.name.padEnd(46)} ${describe(result)}`);
  }
  return found;
}

function describe(result: Measured): string {
  if ('status' in result) return `is not there: ${result.status.toString()}`;
  const { times } = result;
  const [p50, p95] = [0.5, 0.95].map((share) => percentile(times, share).toFixed(1));
  return `p50 ${p50 ?? ''}, p95 ${p95 ?? ''} (${times.length.toString()} times)`;
}

function idleTimes(found: ReadonlyMap<Route, Measured>): Map<Route, number> {
  return new Map(
    [...found].flatMap(([route, result]) =>
      'times' in result ? [[route, percentile(result.times, 0.5)] as const] : [],
    ),
  );
}
