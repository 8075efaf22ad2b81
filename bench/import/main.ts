import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { built } from '../../test/support/built.js';
import { onDatabase } from '../../test/support/on-database.js';
import type { ClientInput, ClientOutput } from '../ingest/client.worker.js';
import { BenchPostgres } from '../support/bench-postgres.js';
import { BenchServer } from '../support/bench-server.js';
import { cpuSeconds, memoryMib, postgresCpuSeconds } from '../support/cpu.js';
import { median, printResult, round2 } from '../support/result.js';
import { runWorker } from '../support/worker.js';
import { CONNECTIONS, fillOldDatabase } from './old-database.js';
import { parseArgs } from '../support/parse-args.js';

const { values: options } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '6' },
    connections: { type: 'string', default: '' },
    chunk: { type: 'string', default: '' },
  },
});
const rows = Number(options.rows);
const rounds = Number(options.rounds);
const seconds = Number(options.seconds);

await using postgres = await BenchPostgres.start();
const old = await postgres.fresh('bench_import_old');
console.log(`Making a database of 0.1.4 with ${rows.toLocaleString('en-US')} messages.`);
await fillOldDatabase(old, rows);

interface Round {
  /** Rows a second. */
  imported: number;
  /** Messages a second, from the client's socket to the committed row. */
  end: number;
  peakMib: number;
  /** CPU for a row: µs. */
  cpuOfImport: number;
  cpuOfPostgres: number;
}
const done: Round[] = [];
await endToEnd(4);
for (let round = 0; round < rounds; round += 1) {
  const end = await endToEnd(seconds);
  const brought = await bringOver();
  const { imported } = brought;
  done.push({ ...brought, end });
  console.log(
    `round ${round + 1}: imported ${whole(imported)}/s, end to end ${whole(end)}/s  → ${(imported / end).toFixed(2)}`,
  );
}
printResult({
  rows,
  ratio: round2(median(done.map(({ imported, end }) => imported / end))),
  imported_per_second: Math.round(median(done.map(({ imported }) => imported))),
  end_to_end_per_second: Math.round(median(done.map(({ end }) => end))),
  cpu_us_per_row: {
    import: round2(median(done.map(({ cpuOfImport }) => cpuOfImport))),
    postgres: round2(median(done.map(({ cpuOfPostgres }) => cpuOfPostgres))),
  },
  rss_peak_mib: Math.round(Math.max(...done.map(({ peakMib }) => peakMib))),
});

/** What a server stores a second of the same messages, as the ingest benchmark measures it. */
async function endToEnd(length: number): Promise<number> {
  const url = await postgres.fresh('bench_import_ingest');
  await using server = await BenchServer.start(url);
  const { stored, seconds: took } = await runWorker<ClientInput, ClientOutput>(
    new URL('../ingest/client.worker.ts', import.meta.url),
    {
      port: server.port,
      sockets: CONNECTIONS,
      seconds: length,
      rate: 0,
      large: false,
      window: 80_000,
    },
  );
  await server.drained();
  return stored / took;
}

/** The command itself into a new database, from its start to its end. */
async function bringOver(): Promise<Omit<Round, 'end'>> {
  const url = await postgres.fresh('bench_import_new');
  await onDatabase(url, (client) => client.query('CHECKPOINT'));
  const chosen = (['connections', 'chunk'] as const).flatMap((name) =>
    options[name] === '' ? [] : [`--${name}`, options[name]],
  );
  const before = postgresCpuSeconds(await postgres.processes());
  const startedAt = performance.now();
  const child = spawn(process.execPath, [built('cli/main.js'), 'import', '--from', old, ...chosen], {
    env: { PATH: process.env.PATH, DATABASE_URL: url },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  let peakMib = 0;
  let cpu = 0;
  const watching = setInterval(() => {
    if (child.exitCode !== null || child.pid === undefined) return;
    peakMib = Math.max(peakMib, memoryMib(child.pid).peak);
    cpu = cpuSeconds(child.pid);
  }, 250);
  await once(child, 'exit');
  clearInterval(watching);
  const took = (performance.now() - startedAt) / 1000;
  if (child.exitCode !== 0) throw new Error('The import has failed.');
  const after = postgresCpuSeconds(await postgres.processes());
  const perRow = (used: number): number => (used / rows) * 1e6;
  return { imported: rows / took, peakMib, cpuOfImport: perRow(cpu), cpuOfPostgres: perRow(after - before) };
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
