import { BenchPostgres } from '../support/bench-postgres.js';
import { BenchServer } from '../support/bench-server.js';
import { memoryMib } from '../support/cpu.js';
import { median, printResult } from '../support/result.js';
import { startWorker } from '../support/worker.js';
import { GENESIS_HASH, MESSAGES_OF_NODE } from './chain.js';
import type { NodesInput } from './nodes.worker.js';
import { parseArgs } from '../support/parse-args.js';

const BAR_LIST_MS = 200;
const BAR_PAGE_MS = 300;
const BAR_MEMORY = 1.5;
const ROUNDS = 15;

const { values: options } = parseArgs({
  options: { nodes: { type: 'string', default: '20000' }, sockets: { type: 'string', default: '1000' } },
});
const nodes = Number(options.nodes);

await using postgres = await BenchPostgres.start();
const url = await postgres.fresh('bench_network');
await using server = await BenchServer.start(url);
const connected = startWorker<NodesInput, never>(new URL('./nodes.worker.ts', import.meta.url), {
  port: server.port,
  nodes,
  sockets: Number(options.sockets),
});
await connected.event('sent');
await server.hasStored(nodes * MESSAGES_OF_NODE);
// The first request makes the process warm: code, pools and buffers that are there only once.
await timed('/network');
await timed('/nodes?limit=1');
const before = memoryMib(server.pid).now;

// Nobody follows the chain: there is no view to take its heights from.
const list = await repeated('/network');
const listMemory = memoryMib(server.pid).peak / before;
const fillMs = await timed(`/network/${GENESIS_HASH}`);
const page = await repeated(`/network/${GENESIS_HASH}`);
const largestPage = await repeated(`/network/${GENESIS_HASH}?limit=5000`);
const whole: number[] = [];
let shown = 0;
for (let cursor: number | null = 0; cursor !== null;) {
  const startedAt = performance.now();
  const after = cursor === 0 ? '' : `&cursor=${cursor.toString()}`;
  const answer = await fetch(`${server.http}/network/${GENESIS_HASH}?limit=1000${after}`);
  const { nodes: rows, next_cursor } = (await answer.json()) as {
    nodes: unknown[];
    next_cursor: number | null;
  };
  whole.push(performance.now() - startedAt);
  shown += rows.length;
  cursor = next_cursor;
}
const listWithView = await repeated('/network');
const memory = memoryMib(server.pid);
await connected.stop();

printResult({
  nodes,
  sockets: Number(options.sockets),
  list_ms: list.median,
  list_max_ms: list.max,
  list_with_view_ms: listWithView.median,
  fill_ms: Math.round(fillMs),
  page_ms: page.median,
  page_max_ms: page.max,
  page_of_5000_ms: largestPage.median,
  all_pages_ms: Math.round(whole.reduce((sum, ms) => sum + ms, 0)),
  slowest_page_ms: Math.round(Math.max(...whole)),
  shown,
  rss_before_mib: Math.round(before),
  rss_with_view_mib: Math.round(memory.now),
  list_memory_ratio: Number(listMemory.toFixed(2)),
  peak_memory_ratio: Number((memory.peak / before).toFixed(2)),
  bar_list_ms: BAR_LIST_MS,
  bar_page_ms: BAR_PAGE_MS,
  bar_memory_ratio: BAR_MEMORY,
});
const isSlow = list.median > BAR_LIST_MS || Math.max(page.median, ...whole) > BAR_PAGE_MS;
if (isSlow || memory.peak / before > BAR_MEMORY || shown !== Math.min(nodes, 25_000)) process.exitCode = 1;

async function timed(path: string): Promise<number> {
  const startedAt = performance.now();
  const answer = await fetch(server.http + path);
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${path} answers ${answer.status.toString()}: ${text}`);
  return performance.now() - startedAt;
}

async function repeated(path: string): Promise<{ median: number; max: number }> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) times.push(await timed(path));
  return { median: Math.round(median(times)), max: Math.round(Math.max(...times)) };
}
