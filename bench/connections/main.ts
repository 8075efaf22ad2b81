import { setTimeout as sleep } from 'node:timers/promises';
import { BenchPostgres } from '../support/bench-postgres.js';
import { BenchServer } from '../support/bench-server.js';
import { cpuSeconds, memoryMib } from '../support/cpu.js';
import { printResult } from '../support/result.js';
import { startWorker } from '../support/worker.js';
import type { IdleInput, IdleOutput } from './idle-nodes.worker.js';
import { parseArgs } from '../support/parse-args.js';

const { values: options } = parseArgs({
  options: {
    nodes: { type: 'string', default: '5000' },
    seconds: { type: 'string', default: '60' },
  },
});
const nodes = Number(options.nodes);
const seconds = Number(options.seconds);
/** What accepting costs is over by then, and has been collected. */
const SETTLE_S = 5;

await using postgres = await BenchPostgres.start();
await using server = await BenchServer.start(await postgres.fresh('bench_connections'));
const idle = new URL('./idle-nodes.worker.ts', import.meta.url);

// The first sockets make the process warm: code, pools and buffers that are there only once.
await startWorker<IdleInput, IdleOutput>(idle, { port: server.port, nodes: 200, seconds: 1 }).answer;
await sleep(2_000);
const before = memoryMib(server.pid).now;

const run = startWorker<IdleInput, IdleOutput>(idle, {
  port: server.port,
  nodes,
  seconds: SETTLE_S + seconds,
});
await run.event('open');
await sleep(SETTLE_S * 1000);
const cpuBefore = cpuSeconds(server.pid);
const memory: number[] = [];
for (let second = 0; second < seconds - 1; second += 1) {
  await sleep(1000);
  memory.push(memoryMib(server.pid).now);
}
const cpu = (cpuSeconds(server.pid) - cpuBefore) / (seconds - 1);
const { openSeconds, stillOpen, pings } = await run.answer;
const atRest = [...memory].sort((left, right) => left - right)[memory.length >> 1] ?? NaN;

printResult({
  nodes,
  held_s: seconds + SETTLE_S,
  still_open: stillOpen,
  pings_per_node: Number((pings / nodes).toFixed(1)),
  accepted_per_second: Math.round(nodes / openSeconds),
  rss_before_mib: Math.round(before),
  rss_at_rest_mib: Math.round(atRest),
  kb_per_connection: Number((((atRest - before) * 1024) / nodes).toFixed(1)),
  cpu_percent_of_a_core: Number((cpu * 100).toFixed(1)),
});
