import { setTimeout as sleep } from 'node:timers/promises';
import { BenchPostgres } from '../support/bench-postgres.js';
import { onDatabase } from '../../test/support/on-database.js';
import { BenchServer, storedMessages } from '../support/bench-server.js';
import { fillPartition } from '../support/history.js';
import { median, printResult, round2 } from '../support/result.js';
import { startWorker } from '../support/worker.js';
import type { ClientInput, ClientOutput } from '../ingest/client.worker.js';
import { parseArgs } from '../support/parse-args.js';

const { values: options } = parseArgs({
  options: {
    rows: { type: 'string', default: '5000000' },
    rate: { type: 'string', default: '20000' },
  },
});
const rows = Number(options.rows);
const rate = Number(options.rate);
const HOUR_MS = 3_600_000;
/** The purge comes while the load has been steady for long enough to know its rate. */
const PURGE_AFTER_S = 20;
const LOAD_S = 30;
const SAMPLE_MS = 500;

await using postgres = await BenchPostgres.start();
const url = await postgres.fresh('bench_purge');
{
  await using migrating = await BenchServer.start(url, { LOG_EXPIRY_H: '2' });
  await migrating.drained();
}
const hour = Math.floor(Date.now() / HOUR_MS) * HOUR_MS - 6 * HOUR_MS;
console.log(`Filling a partition with ${rows.toLocaleString('en-US')} messages that have expired.`);
await fillPartition(url, hour, HOUR_MS, rows);
await onDatabase(url, (client) => client.query('CHECKPOINT'));

await using server = await BenchServer.start(url, {
  LOG_EXPIRY_H: '2',
  PURGE_INTERVAL_S: PURGE_AFTER_S.toString(),
  LOG_LEVEL: 'info',
});
const startedAt = Date.now();
const client = startWorker<ClientInput, ClientOutput>(
  new URL('../ingest/client.worker.ts', import.meta.url),
  {
    port: server.port,
    sockets: 50,
    seconds: LOAD_S,
    rate,
    large: false,
    window: 0,
  },
);

interface Sample {
  /** Messages stored a second, since the sample before. */
  rate: number;
  purged: boolean;
}
const samples: Sample[] = [];
let last = { at: performance.now(), stored: await storedMessages(server.http) };
while (Date.now() - startedAt < LOAD_S * 1000 - SAMPLE_MS) {
  await sleep(SAMPLE_MS);
  const now = { at: performance.now(), stored: await storedMessages(server.http) };
  samples.push({
    rate: ((now.stored - last.stored) / (now.at - last.at)) * 1000,
    purged: (await metric('tetcore_purged_partitions_total')) > 0,
  });
  last = now;
}
await client.answer;
const purgeSeconds = await metric('tetcore_purge_duration_seconds');
const partitions = await metric('tetcore_purged_partitions_total');

const purgedAt = samples.findIndex((sample) => sample.purged);
const steady = samples.slice(6, purgedAt - 2).map((sample) => sample.rate);
// The second in which it was purged, the one before and the one after.
const around = samples.slice(purgedAt - 2, purgedAt + 4).map((sample) => sample.rate);
const usual = median(steady);
printResult({
  rows,
  partitions_dropped: partitions,
  purge_s: round2(purgeSeconds),
  messages_per_second: Math.round(usual),
  messages_per_second_meanwhile: Math.round(around.reduce((sum, value) => sum + value, 0) / around.length),
  lowest_half_second: Math.round(Math.min(...around)),
  lowest_half_second_without: Math.round(Math.min(...steady)),
  dip: round2(1 - around.reduce((sum, value) => sum + value, 0) / around.length / usual),
});

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${server.http}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1] ?? 0);
}
