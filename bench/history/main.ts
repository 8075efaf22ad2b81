import { BenchPostgres } from '../support/bench-postgres.js';
import { onDatabase } from '../../test/support/on-database.js';
import { BenchServer } from '../support/bench-server.js';
import { fillPartition, partitionName } from '../support/history.js';
import { median, printResult, round2 } from '../support/result.js';
import { runWorker } from '../support/worker.js';
import type { ClientInput, ClientOutput } from '../ingest/client.worker.js';
import { parseArgs } from '../support/parse-args.js';

const { values: options } = parseArgs({
  options: {
    partitions: { type: 'string', default: '50' },
    rows: { type: 'string', default: '50000000' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '8' },
  },
});
const partitions = Number(options.partitions);
const rows = Number(options.rows);
const DAY_MS = 86_400_000;
const EXPIRY = { LOG_EXPIRY_H: (90 * 24).toString() };

await using postgres = await BenchPostgres.start();
const [emptyUrl, fullUrl] = [await postgres.fresh('bench_empty'), await postgres.fresh('bench_full')];
{
  await using migrating = await BenchServer.start(fullUrl, EXPIRY);
  await migrating.drained();
}
const today = Math.floor(Date.now() / DAY_MS) * DAY_MS;
for (let day = 1; day <= partitions; day += 1) {
  await fillPartition(fullUrl, today - day * DAY_MS, DAY_MS, Math.round(rows / partitions));
  if (day % 10 === 0) console.log(`${day.toString()} of ${partitions.toString()} partitions are filled.`);
}
await onDatabase(fullUrl, (client) => client.query('CHECKPOINT'));

const rates: { empty: number; full: number }[] = [];
for (let round = 0; round < Number(options.rounds); round += 1) {
  const [empty, full] = [await rateOn(emptyUrl), await rateOn(fullUrl)];
  rates.push({ empty, full });
  console.log(
    `round ${(round + 1).toString()}: ${Math.round(empty).toString()}/s on empty tables, ${Math.round(full).toString()}/s on full ones`,
  );
}
printResult({
  partitions,
  rows,
  messages_per_second_empty: Math.round(median(rates.map((rate) => rate.empty))),
  messages_per_second_full: Math.round(median(rates.map((rate) => rate.full))),
  ratio: round2(median(rates.map((rate) => rate.full / rate.empty))),
});

/** One server at a time, and today's partition empty each time. */
async function rateOn(url: string): Promise<number> {
  await using server = await BenchServer.start(url, EXPIRY);
  const { stored, seconds } = await runWorker<ClientInput, ClientOutput>(
    new URL('../ingest/client.worker.ts', import.meta.url),
    {
      port: server.port,
      sockets: 50,
      seconds: Number(options.seconds),
      rate: 0,
      large: false,
      window: 60_000,
    },
  );
  await server.drained();
  await onDatabase(url, async (client) => {
    await client.query(`TRUNCATE ${partitionName(today)}`);
    await client.query('CHECKPOINT');
  });
  return stored / seconds;
}
