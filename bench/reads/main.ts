import { databaseNamed } from '../../test/support/on-database.js';
import { KeptPostgres } from '../support/kept-postgres.js';
import { type Cold, measureCold } from './cold.js';
import { openData } from './data/build.js';
import { type Measured, measureBoth } from './measure.js';
import { type ReadRequest, REQUESTS } from './requests.js';
import { printReport } from './report.js';
import { startOld, startOurs } from './sides.js';
import { parseArgs } from '../support/parse-args.js';

const { values: options } = parseArgs({
  options: {
    rows: { type: 'string', default: '6000000' },
    'data-dir': { type: 'string', default: KeptPostgres.defaultDir('reads') },
    rebuild: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    parallel: { type: 'string', default: '8' },
    seconds: { type: 'string', default: '3' },
    cold: { type: 'boolean', default: true },
    'drop-caches': { type: 'boolean', default: false },
  },
  allowNegative: true,
});
const parallel = Number(options.parallel);
const seconds = Number(options.seconds);
const requests = REQUESTS.filter(({ name }) => name.includes(options.only));

await using postgres = await KeptPostgres.start(options['data-dir']);
const data = await openData(postgres.url, Number(options.rows), options.rebuild);
const cold = new Map<ReadRequest, Cold | undefined>();
if (options.cold) {
  console.log('The first answers after a restart of PostgreSQL.');
  for (const request of requests) {
    cold.set(request, await measureCold(postgres, data, request, options['drop-caches']));
  }
}
const warm = await measureWarm();
printReport(
  data,
  requests.map((request) => {
    const [ours, old] = warm.get(request) ?? [];
    if (ours === undefined || old === undefined) throw new Error(`${request.name} was not asked.`);
    return { request, ours, old, cold: cold.get(request) };
  }),
  parallel,
);

async function measureWarm(): Promise<Map<ReadRequest, [Measured, Measured]>> {
  const { url } = postgres;
  await using ours = await startOurs(databaseNamed(url, data.ours), data, parallel);
  await using old = await startOld(databaseNamed(url, data.old), data, parallel);
  const found = new Map<ReadRequest, [Measured, Measured]>();
  for (const request of requests) {
    const both = await measureBoth(request, [ours, old], { url, parallel, seconds });
    found.set(request, both);
    const [mine, theirs] = both.map(
      ({ p50, perSecond }) => `${p50.toFixed(1)} ms, ${perSecond.toFixed(1)}/s`,
    );
    console.log(`  ${request.name.padEnd(45)} ${mine ?? ''}; 0.1.4 ${theirs ?? ''}`);
  }
  return found;
}
