import { setTimeout as sleep } from 'node:timers/promises';
import { Ends } from '../support/ends.js';
import { readOptions } from '../support/read-options.js';
import { waitUntil } from '../support/wait-until.js';
import { Fleet } from './fleet/fleet.js';
import { OneServer } from './servers/one-server.js';

const MOST_MIB = 400;
const CATCH_UP_S = 120;
/** Batches that are under way anyhow: two seconds of them. */
const CAUGHT_UP = 20;
const WARM_UP_MS = 5_000;

const { minutes, rate, nodes, seed, main } = readOptions({ minutes: 5, rate: 2000, nodes: 100, seed: 1 });
const awayMs = minutes * 60_000;

await using ends = new Ends();
const server = await OneServer.start(ends, { main });
const { postgres, replica } = server;
const fleet = ends.add(new Fleet({ urls: [replica.ws], seed, nodes, rate }));
await sleep(WARM_UP_MS);
const before = await replica.process.memory();

console.log(`PostgreSQL stops for ${minutes} minutes.`);
await postgres.stop('fast');
const awaySince = fleet.sent;
await sleep(awayMs);
const sentMeanwhile = fleet.sent - awaySince;
const waiting = (await replica.metrics()).sum('tetcore_queue_batches');
const journalMib = (await replica.metrics()).sum('tetcore_journal_bytes') / 1024 ** 2;
const { peak: peakAway } = await replica.process.memory();
await postgres.startAgain();
const backAt = performance.now();
console.log(`PostgreSQL is back; ${waiting} batches wait, and nodes go on sending.`);
await waitUntil(async () => (await replica.metrics()).sum('tetcore_queue_batches') <= CAUGHT_UP, {
  what: 'the server to catch up',
  timeoutMs: 10 * CATCH_UP_S * 1000,
  everyMs: 100,
});
const caughtUpS = (performance.now() - backAt) / 1000;
const { sent, missing, twice, wrong, findings } = await server.settle(await fleet.stop(), CATCH_UP_S * 1000);
const peak = replica.run.peakMib ?? NaN;
const result = {
  away_s: awayMs / 1000,
  rate_while_away: Math.round(sentMeanwhile / (awayMs / 1000)),
  sent,
  missing,
  twice,
  wrong,
  batches_waiting: waiting,
  journal_mib: Math.round(journalMib),
  rss_before_mib: Math.round(before.now),
  rss_peak_away_mib: Math.round(peakAway),
  rss_peak_mib: Math.round(peak),
  caught_up_s: Number(caughtUpS.toFixed(1)),
};
console.table(result);
for (const line of [...findings, ...replica.problems]) console.log(`! ${line}`);
console.log(JSON.stringify(result));
const kept =
  missing + twice + wrong + replica.problems.length === 0 &&
  peak <= MOST_MIB &&
  caughtUpS <= CATCH_UP_S &&
  sentMeanwhile >= 0.95 * rate * (awayMs / 1000);
process.exitCode = kept ? 0 : 1;
