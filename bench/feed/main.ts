import { setTimeout as sleep } from 'node:timers/promises';
import { BenchPostgres } from '../support/bench-postgres.js';
import { BenchServer } from '../support/bench-server.js';
import { cpuSeconds, memoryMib } from '../support/cpu.js';
import { printResult, round2 } from '../support/result.js';
import { startWorker } from '../support/worker.js';
import { MESSAGE, peerName } from './cast.js';
import type { NodesInput } from './nodes.worker.js';
import type { SubscribersInput, SubscribersOutput } from './subscribers.worker.js';
import { parseArgs } from '../support/parse-args.js';

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '30' },
    nodes: { type: 'string', default: '200' },
    rate: { type: 'string', default: '5' },
    subscribers: { type: 'string', default: '100' },
    'of-one-pair': { type: 'string', default: '500' },
  },
});
const seconds = Number(options.seconds);
const nodes = Number(options.nodes);
/** What `CACHE_UPDATE_INTERVAL_MS` is unless it is set. */
const INTERVAL_MS = 1_000;
const BAR_MS = INTERVAL_MS + 300;
/** Peers that a subscriber of many follows. */
const FOLLOWED = 4;

await using postgres = await BenchPostgres.start();

const many = await run('bench_feed_many', {
  nodes,
  rate: Number(options.rate),
  peers: Array.from({ length: Number(options.subscribers) }, (_, index) =>
    Array.from({ length: FOLLOWED }, (_unused, at) => peerName((index * FOLLOWED + at) % nodes)),
  ),
});
const one = await run('bench_feed_one', {
  nodes: 1,
  rate: 10,
  peers: Array.from({ length: Number(options['of-one-pair']) }, () => [peerName(0)]),
});
printResult({ many_pairs: many, one_pair: one, bar_ms: BAR_MS });
const failed = [many, one].some(({ p99_ms, twice, missing }) => p99_ms > BAR_MS || twice > 0 || missing > 0);
if (failed) process.exitCode = 1;

interface Load {
  nodes: number;
  /** Messages a second of each node. */
  rate: number;
  /** What each subscriber follows. */
  peers: string[][];
}

async function run(
  database: string,
  { nodes, rate, peers }: Load,
): Promise<Record<string, number> & Outcome> {
  await using server = await BenchServer.start(await postgres.fresh(database));
  const subscribers = startWorker<SubscribersInput, SubscribersOutput>(
    new URL('./subscribers.worker.ts', import.meta.url),
    { port: server.port, msg: MESSAGE, peers, ofEachPeer: rate * seconds, limitSeconds: seconds + 30 },
  );
  await subscribers.event('subscribed');
  await sleep(1_000);
  const startedAt = performance.now();
  const cpuBefore = cpuSeconds(server.pid);
  const updatesBefore = await updatesOf(server.http);
  const sending = startWorker<NodesInput, { sent: number }>(new URL('./nodes.worker.ts', import.meta.url), {
    port: server.port,
    nodes,
    rate,
    seconds,
  });
  const { sent } = await sending.answer;
  const elapsed = performance.now() - startedAt;
  const updates = (await updatesOf(server.http)) - updatesBefore;
  const cpu = (cpuSeconds(server.pid) - cpuBefore) / (elapsed / 1000);
  const { p50, p99, max, received, twice, missing } = await subscribers.answer;
  return {
    subscribers: peers.length,
    sent,
    received,
    twice,
    missing,
    p50_ms: p50,
    p99_ms: p99,
    max_ms: max,
    questions_per_interval: round2(updates / (elapsed / INTERVAL_MS)),
    server_cpu_percent_of_a_core: Math.round(cpu * 100),
    server_peak_mib: Math.round(memoryMib(server.pid).peak),
  };
}

interface Outcome {
  p99_ms: number;
  twice: number;
  missing: number;
}

/** Queries that the feed has sent to the database so far to keep its cache up to date. */
async function updatesOf(http: string): Promise<number> {
  const text = await (await fetch(`${http}/metrics`)).text();
  return Number(/^tetcore_feed_update_seconds_count (\d+)$/m.exec(text)?.[1]);
}
