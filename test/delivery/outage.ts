import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Ends } from '../support/ends.js';
import { FaultyPostgres } from '../support/faulty-postgres.js';
import { databaseNamed } from '../support/on-database.js';
import { waitUntil } from '../support/wait-until.js';
import { readStored } from './database/stored.js';
import { Fleet } from './fleet/fleet.js';
import { balance } from './ledger/ledger.js';
import { Replica } from './servers/replica.js';

const MOST_MIB = 400;
const CATCH_UP_S = 120;
/** Batches that are under way anyhow: two seconds of them. */
const CAUGHT_UP = 20;
const WARM_UP_MS = 5_000;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    rate: { type: 'string', default: '2000' },
    nodes: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    /** Another built server than that of `dist`. */
    dist: { type: 'string' },
  },
});
const rate = Number(values.rate);
const awayMs = Number(values.minutes) * 60_000;

await using ends = new Ends();
const postgres = ends.add(await FaultyPostgres.start());
const databaseUrl = databaseNamed(postgres.url, 'outage');
// With the server's own defaults: what is measured is what an operator gets.
const replica = ends.add(
  await Replica.start({
    index: 0,
    databaseUrl,
    lossWindowMs: 0,
    mount: false,
    main: values.dist === undefined ? undefined : resolve(values.dist, 'main.js'),
    environment: { QUEUE_MAX_MIB: '64', JOURNAL_MAX_MIB: '1024' },
  }),
);
const fleet = ends.add(
  new Fleet({ urls: [replica.ws], seed: Number(values.seed), nodes: Number(values.nodes), rate }),
);
await sleep(WARM_UP_MS);
const before = await replica.process.memory();

console.log(`PostgreSQL stops for ${values.minutes} minutes.`);
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
const nodes = await fleet.stop();
await replica.delivered(CATCH_UP_S * 1000);
await replica.noteAll();
const { peak } = await replica.process.memory();
const { read, exactly, notKept } = replica.run;
await replica.stop();
Object.assign(replica.run, { read, exactly, notKept });

const stored = await readStored(databaseUrl);
const { sent, missing, twice, wrong, findings } = balance({
  nodes,
  runs: replica.runs,
  stored,
  damaged: [],
  lossWindowMs: 0,
});
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
