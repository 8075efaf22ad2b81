import { setTimeout as sleep } from 'node:timers/promises';
import { Ends } from '../support/ends.js';
import { readOptions } from '../support/read-options.js';
import { waitUntil } from '../support/wait-until.js';
import { readDelays, trackCommitTimes } from './database/postgres-link.js';
import { Fleet } from './fleet/fleet.js';
import { OneServer } from './servers/one-server.js';

const BACK_S = 15;
const P99_S = 2;
/** Sockets break in the first half of a second, and nodes dial again in the second half. */
const HALF_MS = 500;
const QUIET_MS = 5_000;
const OPEN_LIMIT_MS = 120_000;

const {
  nodes: storming,
  others: othersCount,
  times,
  rate,
  'storm-rate': stormRate,
  seed,
  main,
} = readOptions({
  nodes: 5000,
  times: 3,
  /** Nodes that stay connected, whose delivery is measured. */
  others: 300,
  /** Messages a second of the others, and of those that reconnect. */
  rate: 1500,
  'storm-rate': 500,
  seed: 1,
});

await using ends = new Ends();
const server = await OneServer.start(ends, { main, prepare: trackCommitTimes });
const { databaseUrl, replica } = server;
const urls = [replica.ws];
const others = ends.add(
  new Fleet({
    urls,
    seed,
    nodes: othersCount,
    rate,
    firstNode: storming,
    processes: 1,
    badPerSecond: 0.5,
  }),
);
const storm = ends.add(
  new Fleet({
    urls,
    seed,
    nodes: storming,
    rate: stormRate,
    redialMs: [0, HALF_MS],
    dialMs: 10_000,
    badPerSecond: 0.5,
  }),
);
await waitUntil(() => storm.open === storming && others.open === othersCount, {
  what: 'all nodes to be connected',
  timeoutMs: OPEN_LIMIT_MS,
});
await sleep(QUIET_MS);

const storms: { from: number; to: number; backS: number }[] = [];
for (let time = 0; time < times; time += 1) {
  const opened = (await replica.metrics()).sum('tetcore_sockets_opened_total');
  const from = Date.now();
  storm.reset(1, HALF_MS);
  await waitUntil(
    async () => {
      // The sum tells that all have been away, the gauge that all are here.
      const metrics = await replica.metrics();
      const again = metrics.sum('tetcore_sockets_opened_total') - opened;
      return (
        again >= storming &&
        storm.open === storming &&
        metrics.sum('tetcore_sockets') === storming + othersCount
      );
    },
    { what: 'all nodes to be back', timeoutMs: OPEN_LIMIT_MS, everyMs: 100 },
  );
  const to = Date.now();
  storms.push({ from, to: Math.max(to, from + 2 * HALF_MS), backS: (to - from) / 1000 });
  console.log(`All ${storming} are back after ${((to - from) / 1000).toFixed(1)} s.`);
  await sleep(QUIET_MS);
}

const nodes = (await Promise.all([storm.stop(), others.stop()])).flat();
const { sent, due, unread, missing, twice, wrong, findings } = await server.settle(nodes, OPEN_LIMIT_MS);
const delays = await Promise.all(storms.map(({ from, to }) => readDelays(databaseUrl, storming, [from, to])));
// The others' sockets were never touched.
const othersBroken = nodes.filter(({ node, sockets }) => node >= storming && sockets.length !== 1).length;

const result = {
  nodes: storming,
  times,
  back_s: storms.map(({ backS }) => backS.toFixed(2)).join(', '),
  others_p50_s: delays.map(({ p50 }) => p50.toFixed(3)).join(', '),
  others_p99_s: delays.map(({ p99 }) => p99.toFixed(3)).join(', '),
  others_longest_s: delays.map(({ longest }) => longest.toFixed(3)).join(', '),
  others_cut_off: othersBroken,
  sent,
  due,
  unread,
  missing,
  twice,
  wrong,
  rss_peak_mib: Math.round(replica.run.peakMib ?? NaN),
};
console.table(result);
for (const line of [...findings, ...replica.problems]) console.log(`! ${line}`);
console.log(JSON.stringify(result));
const kept =
  missing + twice + wrong + othersBroken + replica.problems.length === 0 &&
  storms.every(({ backS }) => backS <= BACK_S) &&
  delays.every(({ p99 }) => p99 <= P99_S);
process.exitCode = kept ? 0 : 1;
