import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TestBrowser } from '../../test/support/browser.js';
import { BenchPostgres } from '../support/bench-postgres.js';
import { BenchServer } from '../support/bench-server.js';
import { median, printResult } from '../support/result.js';
import { PROBE, type Seen } from './probe.js';
import { parseArgs } from '../support/parse-args.js';

const CLI = resolve(import.meta.dirname, '../../dist/cli/main.js');
const BAR_FIRST_MS = 1_500;
const BAR_GAP_MS = 100;

const { values: options } = parseArgs({
  options: { nodes: { type: 'string', default: '2000' }, seconds: { type: 'string', default: '10' } },
});
const nodes = Number(options.nodes);

await using postgres = await BenchPostgres.start();
// Soon dropped where nobody follows it, so that the fill can be measured more than once.
await using server = await BenchServer.start(await postgres.fresh('bench_nodes_page'), {
  CACHE_TIMEOUT_S: '1',
});
const simulator = spawn(
  process.execPath,
  [
    CLI,
    'simulate',
    '--scenario',
    'load',
    '--nodes',
    nodes.toString(),
    '--url',
    server.http.replace('http', 'ws'),
  ],
  { stdio: ['ignore', 'ignore', 'inherit'] },
);
try {
  await connected();
  // So long that all have reported, and that the view is filled anew.
  await sleep(20_000);
  // Its oldest nodes send no genesis hash, and are a chain of their own.
  const [largest] = (await (await fetch(`${server.http}/network`)).json()) as { network: string }[];
  const path = `/network/${largest?.network ?? ''}?limit=5000`;
  const fills: number[] = [];
  for (let time = 0; time < 5; time += 1) {
    fills.push(await timed(path));
    await sleep(3_000);
  }
  await timed(path);
  const snapshotMs = await timed(path);
  await sleep(1_000);
  const byName = await look('');
  // Every row moves with every update.
  const byLastHeard = await look('?sort=last_heard_at&order=desc');
  printResult({
    nodes,
    fill_ms: median(fills),
    fill_first_ms: fills[0] ?? NaN,
    snapshot_ms: snapshotMs,
    by_name: byName,
    by_last_heard: byLastHeard,
    bar_first_row_ms: BAR_FIRST_MS,
    bar_gap_ms: BAR_GAP_MS,
  });
  const failed = [byName, byLastHeard].some(
    (seen) => seen.first_row_ms > BAR_FIRST_MS || seen.longest_gap_ms > BAR_GAP_MS,
  );
  if (failed) process.exitCode = 1;
} finally {
  await end(simulator);
}

/** Waits until all nodes of the simulator are connected. */
async function connected(): Promise<void> {
  for (;;) {
    const text = await (await fetch(`${server.http}/metrics`)).text();
    const open = [...text.matchAll(/^tetcore_sockets\{[^}]*\} (\d+)/gm)];
    if (open.reduce((sum, [, count]) => sum + Number(count), 0) >= nodes) return;
    await sleep(200);
  }
}

async function timed(path: string): Promise<number> {
  const startedAt = performance.now();
  await (await fetch(server.http + path)).text();
  return Math.round(performance.now() - startedAt);
}

/** Opens the page, and watches it while nodes report. */
async function look(
  query: string,
): Promise<Record<string, number> & { first_row_ms: number; longest_gap_ms: number }> {
  await using browser = await TestBrowser.launch();
  const { page, problems } = await browser.open(`${server.http}/`);
  await page.addInitScript(PROBE);
  await page.goto(`${server.http}/dashboard/${query}`);
  await page.locator('tbody th[scope="row"]').first().waitFor();
  await sleep(2_000);
  await page.evaluate('probe.begin()');
  await sleep(Number(options.seconds) * 1_000);
  const seen = await page.evaluate<Seen>('probe.end()');
  if (problems.length > 0) throw new Error(problems.join('\n'));
  return {
    first_row_ms: Math.round(seen.firstRowAt),
    frames: seen.frames,
    longest_gap_ms: Math.round(seen.longestGap),
    gaps_over_50_ms: seen.gapsOver50,
    long_tasks: seen.longTasks,
    longest_task_ms: Math.round(seen.longestTask),
    feed_frames: seen.feedFrames,
  };
}

async function end(child: ChildProcess): Promise<void> {
  child.kill('SIGTERM');
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}
