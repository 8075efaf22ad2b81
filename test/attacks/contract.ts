import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { startWorker } from '../../bench/support/worker.js';
import { readStored } from '../delivery/database/stored.js';
import { Fleet } from '../delivery/fleet/fleet.js';
import { peerIdOf } from '../delivery/fleet/numbered-message.js';
import { built } from '../support/built.js';
import { Ends } from '../support/ends.js';
import { FaultyPostgres } from '../support/faulty-postgres.js';
import { freePort } from '../support/free-port.js';
import { sumOf } from '../support/metrics.js';
import { databaseNamed } from '../support/on-database.js';
import { ServerProcess, withOpenFiles } from '../support/server-process.js';
import { tempDir } from '../support/temp-dir.js';
import { waitUntil } from '../support/wait-until.js';
import { type Loss, lossOf } from './acknowledged.js';
import { type AttackName, FILES, MIN_SECONDS } from './all-attacks.js';
import { attackerAddress } from './attack.js';
import type { AttackInput } from './attacker.worker.js';
import { Probe, type ProbeResult } from './probe.js';
import { LARGE_PEERS, seed as seedReaders } from './seed.js';

const HEAP_MIB = 512;
const NODES = 20;
/** Of these nodes, so many come from addresses of attackers. */
const NODES_AMONG_ATTACKERS = 5;
/** Messages a second, of all nodes together. */
const RATE = 200;
const WARM_UP_MS = 2_000;
/** Between two attacks: sockets of the one before end. */
const PAUSE_MS = 1_000;
const DELIVERY_MS = 120_000;

export interface AttacksOptions {
  attacks: readonly AttackName[];
  /** Each attack goes on for so long. */
  seconds: number;
  /** Whether each attack is made on a server and a database of its own, so that none sees what others left. */
  fresh: boolean;
  seed: number;
  /** The built server, where it is not that of `dist`. */
  main?: string | undefined;
}

export interface AttackResult extends ProbeResult {
  name: AttackName;
  did: Record<string, number>;
  /** Sockets that the server closed because all of them held too much. */
  evicted: number;
  /** Answers that the server cut, as nobody took them in time. */
  cut: number;
  isAlive: boolean;
}

export interface AttacksVerdict extends Loss {
  attacks: AttackResult[];
  problems: string[];
}

/** Attacks servers one way after another, while nodes send and a reader reads, and tells what that cost them. */
export async function runAttacks(
  options: AttacksOptions,
  print: (line: string) => void,
): Promise<AttacksVerdict> {
  await using ends = new Ends();
  const postgres = ends.add(await FaultyPostgres.start());
  const total: AttacksVerdict = {
    attacks: [],
    problems: [],
    sent: 0,
    acknowledged: 0,
    missing: 0,
    twice: 0,
    changed: 0,
    broken: 0,
  };
  // A server with few files is one of its own.
  const together = options.attacks.filter((name) => !options.fresh && FILES[name] === undefined);
  const alone = options.attacks.filter((name) => !together.includes(name)).map((name) => [name]);
  const groups = together.length > 0 ? [together, ...alone] : alone;
  for (const [index, names] of groups.entries()) {
    const url = databaseNamed(postgres.url, `attacks_${index.toString()}`);
    await attackOne(url, names, options, total, print);
  }
  return total;
}

async function attackOne(
  databaseUrl: string,
  names: readonly AttackName[],
  { seconds, seed, main = built('main.js') }: AttacksOptions,
  total: AttacksVerdict,
  print: (line: string) => void,
): Promise<void> {
  await using ends = new Ends();
  const dataDir = await tempDir('attacks');
  ends.add({ [Symbol.asyncDispose]: () => rm(dataDir, { recursive: true, force: true }) });
  const port = await freePort();
  const environment = { DATABASE_URL: databaseUrl, DATA_DIR: dataDir, LOG_LEVEL: 'warn' };
  const program = [`--max-old-space-size=${HEAP_MIB.toString()}`, main];
  const [firstName] = names;
  const files = firstName === undefined ? undefined : FILES[firstName];
  const server = ends.add(
    ServerProcess.spawn(port, environment, program, files === undefined ? [] : withOpenFiles(files)),
  );
  await server.isReady(90_000);
  await seedReaders(databaseUrl);
  const fleet = ends.add(
    new Fleet({
      urls: [server.ws],
      seed,
      nodes: NODES,
      rate: RATE,
      processes: 1,
      badPerSecond: 0,
      addresses: addresses(),
    }),
  );
  const victims = Array.from({ length: NODES }, (_, node) => peerIdOf(node));
  await waitUntil(() => fleet.open === NODES, { what: 'the nodes', timeoutMs: 30_000 });
  await sleep(WARM_UP_MS);
  for (const name of names) {
    const result = await attack(server, {
      name,
      port,
      seconds: Math.max(seconds, MIN_SECONDS[name] ?? 0),
      victims,
      large: LARGE_PEERS,
    });
    total.attacks.push(result);
    print(lineOf(result));
    if (!result.isAlive) {
      total.problems.push(`The server ended during ${name}: ${server.log.slice(-2_000)}`);
      return;
    }
    await sleep(PAUSE_MS);
  }
  const records = await fleet.stop();
  await waitUntil(async () => sumOf(await metricsOf(server), 'tetcore_queue_batches') === 0, {
    what: 'everything to be stored',
    timeoutMs: DELIVERY_MS,
    everyMs: 200,
  });
  const code = await server.end('SIGTERM');
  if (code !== 0)
    total.problems.push(`The server ended with ${code.toString()}: ${server.log.slice(-2_000)}`);
  const loss = lossOf(records, await readStored(databaseUrl));
  for (const [key, value] of Object.entries(loss)) total[key as keyof Loss] += value as number;
}

async function attack(server: ServerProcess, input: AttackInput): Promise<AttackResult> {
  const probe = new Probe(server.port, server.child.pid ?? 0);
  const attacker = startWorker<AttackInput, Record<string, number>>(
    new URL('./attacker.worker.ts', import.meta.url),
    input,
  );
  const before = await countsOf(server);
  const did = await attacker.answer;
  const result = await probe.stop();
  const isAlive = server.child.exitCode === null && server.child.signalCode === null;
  const after = isAlive ? await countsOf(server) : { evicted: NaN, cut: NaN };
  const [evicted, cut] = [after.evicted - before.evicted, after.cut - before.cut];
  return { name: input.name, did, ...result, evicted, cut, isAlive };
}

async function metricsOf(server: ServerProcess): Promise<string> {
  return await (await fetch(`${server.http}/metrics`)).text();
}

async function countsOf(server: ServerProcess): Promise<{ evicted: number; cut: number }> {
  const text = await waitUntil(() => metricsOf(server), { what: 'metrics', timeoutMs: 30_000, everyMs: 200 });
  return {
    evicted: sumOf(text, 'tetcore_sockets_evicted_total'),
    cut: sumOf(text, 'tetcore_http_answers_cut_total'),
  };
}

function addresses(): string[] {
  return Array.from({ length: NODES }, (_, node) =>
    node < NODES - NODES_AMONG_ATTACKERS
      ? `127.1.0.${(1 + node).toString()}`
      : attackerAddress(node - (NODES - NODES_AMONG_ATTACKERS)),
  );
}

function lineOf(result: AttackResult): string {
  const { name, did, nodesP95Ms, failed, requests, healthMaxMs, rssPeakMib, heldPeakMib, evicted, cut } =
    result;
  const counts = Object.entries(did).map(([what, count]) => `${count.toString()} ${what}`);
  return (
    `${name.padEnd(24)} p95 ${nodesP95Ms.toFixed(0).padStart(5)} ms, failed ${failed.toString()}/${requests.toString()}, ` +
    `health ${healthMaxMs.toFixed(0)} ms, ${rssPeakMib.toFixed(0)} MiB, ` +
    `${heldPeakMib.toFixed(1)} MiB of answers held, ${cut.toString()} cut, evicted ${evicted.toString()}; ${counts.join(', ')}`
  );
}
