import type { BenchPostgres } from '../support/bench-postgres.js';
import { onDatabase } from '../../test/support/on-database.js';
import { BenchServer } from '../support/bench-server.js';
import { cpuSeconds, memoryMib, postgresCpuSeconds } from '../support/cpu.js';
import { median, printResult, round2 } from '../support/result.js';
import { runWorker } from '../support/worker.js';
import type { ClientInput, ClientOutput } from './client.worker.js';
import type { WriterInput, WriterOutput } from './copy.worker.js';

/** The server's defaults, which the ceilings share. */
const CONNECTIONS = 6;
const BATCH = 1024;
const LATENCY_MS = 100;

const worker = {
  client: new URL('./client.worker.ts', import.meta.url),
  copy: new URL('./copy.worker.ts', import.meta.url),
  insert: new URL('./insert.worker.ts', import.meta.url),
};

interface Round {
  end: number;
  copy: number;
  insert: number;
}

export interface CeilingOptions {
  rounds: number;
  seconds: number;
  sockets: number;
}

/** Measures the way from sockets to committed rows against COPY and INSERTs of the same rows, phase by phase in turn. */
export async function measureCeilings(
  postgres: BenchPostgres,
  { rounds, seconds, sockets }: CeilingOptions,
): Promise<void> {
  const url = await postgres.fresh('bench_ingest');
  await using server = await BenchServer.start(url);

  const client = (input: Partial<ClientInput>): Promise<ClientOutput> =>
    runWorker<ClientInput, ClientOutput>(worker.client, {
      port: server.port,
      sockets,
      seconds,
      rate: 0,
      large: false,
      window: 80_000,
      ...input,
    });
  const writer = (file: URL, input: Partial<WriterInput> = {}): Promise<WriterOutput> =>
    runWorker<WriterInput, WriterOutput>(file, {
      url,
      connections: CONNECTIONS,
      batch: BATCH,
      seconds,
      large: false,
      ...input,
    });

  /** Every phase begins on empty tables with nothing left to write. */
  async function settle(): Promise<void> {
    await server.drained();
    await onDatabase(url, async (connection) => {
      await connection.query('TRUNCATE logs_expiring, logs_audit');
      const { rows } = await connection.query<{ name: string | null }>(
        "SELECT to_regclass('v014_logs') AS name",
      );
      if (rows[0]?.name !== null) await connection.query('TRUNCATE v014_logs');
      await connection.query('CHECKPOINT');
    });
  }

  console.log(`Warming up: ${sockets} sockets, ${rounds} rounds of ${seconds} s a phase.`);
  await client({ seconds: 4 });
  await settle();

  const done: Round[] = [];
  const cost = { client: 0, server: 0, postgres: 0, messages: 0 };
  for (let round = 0; round < rounds; round += 1) {
    const copied = await writer(worker.copy);
    await settle();

    const pids = await postgres.processes();
    const before = { server: cpuSeconds(server.pid), postgres: postgresCpuSeconds(pids) };
    const end = await client({});
    await server.drained();
    const after = {
      server: cpuSeconds(server.pid),
      postgres: postgresCpuSeconds(await postgres.processes()),
    };
    // What was sent while the pipes filled costs CPU too: shares are by all that was sent.
    cost.client += (end.cpuSeconds / end.stored) * end.sent;
    cost.server += after.server - before.server;
    cost.postgres += after.postgres - before.postgres;
    cost.messages += end.sent;
    await settle();

    const inserted = await writer(worker.insert);
    await settle();
    const rate = {
      copy: copied.rows / copied.seconds,
      end: end.stored / end.seconds,
      insert: inserted.rows / inserted.seconds,
    };
    done.push(rate);
    console.log(
      `round ${round + 1}: COPY ${whole(rate.copy)}/s, end to end ${whole(rate.end)}/s, INSERT as 0.1.4 ${whole(rate.insert)}/s` +
        `  → ${(rate.end / rate.copy).toFixed(2)}, ${(rate.end / rate.insert).toFixed(2)}`,
    );
  }
  const memory = memoryMib(server.pid);
  const rate = median(done.map((round) => round.end));

  console.log(`Delays at half of the highest rate.`);
  const half = await client({ rate: rate / 2, seconds: Math.max(10, seconds) });
  await server.drained();
  const delays = await onDatabase(url, async (connection) => {
    const { rows } = await connection.query<{ p50: number; p99: number; bytes: number; clock: string }>(`
      SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY ms) AS p50, percentile_cont(0.99) WITHIN GROUP (ORDER BY ms) AS p99,
             (SELECT sum(pg_total_relation_size(inhrelid)) FROM pg_inherits WHERE inhparent = 'logs_expiring'::regclass)::float8
               / count(*) AS bytes
        FROM (SELECT extract(epoch FROM pg_xact_commit_timestamp(xmin) - created_at) * 1000 AS ms FROM logs_expiring) AS delay`);
    return rows[0] ?? { p50: NaN, p99: NaN, bytes: NaN };
  });
  await settle();

  console.log('Network states of 168 kB.');
  const large: { end: number; copy: number }[] = [];
  for (let round = 0; round < Math.min(3, rounds); round += 1) {
    const copied = await writer(worker.copy, { large: true, batch: 16 });
    await settle();
    const end = await client({ large: true, window: 600 });
    await settle();
    large.push({ copy: copied.rows / copied.seconds, end: end.stored / end.seconds });
  }
  const mb = 168_153 / 1e6;

  const perMessage = (value: number): number => Number(((value / cost.messages) * 1e6).toFixed(1));
  const result = {
    ratio: round2(median(done.map((round) => round.end / round.copy))),
    ratio_insert: round2(median(done.map((round) => round.end / round.insert))),
    messages_per_second: Math.round(rate),
    copy_per_second: Math.round(median(done.map((round) => round.copy))),
    insert_per_second: Math.round(median(done.map((round) => round.insert))),
    p50_ms: Math.round(delays.p50),
    p99_ms: Math.round(delays.p99),
    p99_bar_ms: LATENCY_MS + 150,
    rate_of_delays: Math.round(half.sent / half.seconds),
    rss_mib: Math.round(memory.now),
    rss_peak_mib: Math.round(memory.peak),
    bytes_per_message: Math.round(delays.bytes),
    cpu_us_per_message: {
      client: perMessage(cost.client),
      server: perMessage(cost.server),
      postgres: perMessage(cost.postgres),
    },
    network_state_ratio: round2(median(large.map((round) => round.end / round.copy))),
    network_state_mb_per_second: Math.round(median(large.map((round) => round.end)) * mb),
  };
  printResult(result);
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
