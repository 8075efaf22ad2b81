import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Logger } from '@nestjs/common';
import type { ClientBase } from 'pg';
import { aggregatorPass } from '../../src/insight/aggregator-pass.js';
import type { PassMemory } from '../../src/insight/memory.js';
import { usedBytes } from '../../test/support/kept-bytes.js';
import { onDatabase } from '../../test/support/on-database.js';
import { BenchPostgres } from '../support/bench-postgres.js';
import { BenchServer } from '../support/bench-server.js';
import { postgresCpuSeconds } from '../support/cpu.js';
import { parseArgs } from '../support/parse-args.js';
import { printResult, round2 } from '../support/result.js';

// The CPU time that the aggregation needs for a second of messages: passes as a server makes them, over messages of a
// simulated network that are stored already. Nothing else runs, so the time is that of the aggregation.
const { values: options } = parseArgs({
  options: {
    nodes: { type: 'string', default: '2500' },
    minutes: { type: 'string', default: '5' },
    seed: { type: 'string', default: '1' },
  },
});
Logger.overrideLogger(['error', 'fatal']);
const MINUTE_MS = 60_000;
/** The passes begin later, when all nodes are connected. */
const WARM_UP_MS = 3 * MINUTE_MS;
/** As the server does. */
const PASS_EVERY_MS = 10_000;
const OWNER = '00000000-0000-4000-8000-000000000001';

const measuredMs = Number(options.minutes) * MINUTE_MS;
const endAt = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS - 10 * MINUTE_MS;
const startAt = endAt - WARM_UP_MS - measuredMs;

await using postgres = await BenchPostgres.start();
const url = await postgres.fresh('bench_insight');
{
  await using migrating = await BenchServer.start(url, { INSIGHT_AGGREGATION: 'false' });
  await migrating.drained();
}
await storeMessages();
printResult(await onDatabase(url, measure));

/** In another process, so that its memory is not that of the aggregation. */
async function storeMessages(): Promise<void> {
  const program = fileURLToPath(new URL('store-messages.ts', import.meta.url));
  const numbers = [startAt, endAt, options.nodes, options.seed].map(String);
  const child = spawn(process.execPath, [...process.execArgv, program, url, ...numbers], {
    stdio: 'inherit',
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error('Storing the messages failed.');
}

async function measure(client: ClientBase): Promise<Record<string, number>> {
  await client.query(
    `INSERT INTO insight_state (began_at, closed_until, stored_until, passed_at, owner)
     SELECT at, at, at, now(), $2 FROM to_timestamp($1::float8 / 1000) AS at`,
    [startAt + WARM_UP_MS, OWNER],
  );
  const pids = await postgres.processes();
  const usedBefore = usedBytes();
  const rssBefore = process.memoryUsage.rss();
  let memory: PassMemory | undefined;
  const pass = async (): Promise<number> => {
    await client.query('BEGIN');
    const result = await aggregatorPass(client, {
      owner: OWNER,
      memory,
      registerNodes: () => Promise.resolve(true),
      maxReadMs: PASS_EVERY_MS,
    });
    await client.query('COMMIT');
    memory = result?.memory;
    return result?.messages ?? 0;
  };
  // The first one reads the minutes before, as after a restart.
  const firstAt = performance.now();
  await pass();
  const firstMs = performance.now() - firstAt;
  const [ownBefore, postgresBefore] = [process.cpuUsage(), postgresCpuSeconds(pids)];
  let [messages, longest, rss] = [0, 0, process.memoryUsage.rss()];
  for (let passed = PASS_EVERY_MS; passed < measuredMs; passed += PASS_EVERY_MS) {
    const startedAt = performance.now();
    messages += await pass();
    longest = Math.max(longest, performance.now() - startedAt);
    rss = Math.max(rss, process.memoryUsage.rss());
  }
  const own = process.cpuUsage(ownBefore);
  const seconds = (measuredMs - PASS_EVERY_MS) / 1000;
  const node = (own.user + own.system) / 1e6 / seconds;
  const database = (postgresCpuSeconds(pids) - postgresBefore) / seconds;
  return {
    messages_per_second: Math.round(messages / seconds),
    percent_of_a_core_node: round2(100 * node),
    percent_of_a_core_postgres: round2(100 * database),
    percent_of_a_core: round2(100 * (node + database)),
    longest_pass_ms: Math.round(longest),
    first_pass_ms: Math.round(firstMs),
    memory_mib: Math.round((rss - rssBefore) / 1024 ** 2),
    // Without garbage, at the end.
    live_memory_mib: Math.round((usedBytes() - usedBefore) / 1024 ** 2),
  };
}
