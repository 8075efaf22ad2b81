import { setTimeout as sleep } from 'node:timers/promises';
import { HttpRequests } from '../../soak/load/http-requests.js';
import { Outages } from '../../soak/outages.js';
import { Ends } from '../../support/ends.js';
import { FaultyPostgres } from '../../support/faulty-postgres.js';
import { HaproxyProcess } from '../../support/haproxy.js';
import { databaseNamed } from '../../support/on-database.js';
import { waitUntil } from '../../support/wait-until.js';
import { type Delays, readDelays, trackCommitTimes } from '../database/postgres-link.js';
import { readStored } from '../database/stored.js';
import { Fleet } from '../fleet/fleet.js';
import { countEnds, type SocketEnd } from '../fleet/records.js';
import { type Balance, balance } from '../ledger/ledger.js';
import { OWN_DEFAULTS } from '../servers/one-server.js';
import { Replica } from '../servers/replica.js';
import { type Gaps, gapsOf, PassersBy } from './passers-by.js';

export interface RollingRestartOptions {
  seed: number;
  nodes: number;
  /** Messages a second, of all nodes together. */
  rate: number;
  /** How often each of the two servers is restarted. */
  rounds: number;
  /** Over which the restarts are spread. They take longer if need be: milliseconds. */
  lengthMs: number;
  /** Over HTTP, a second. So often pages are asked for as well, and what is not there. */
  questionsPerSecond: number;
  /** The built server, where it is not that of `dist`. */
  main?: string | undefined;
}

export interface RollingRestartResult extends Balance {
  restarts: number;
  /** Of a restart, from the signal until HAProxy sends nodes there again: seconds. */
  longestRestartS: number;
  sendSeconds: number;
  sockets: Record<SocketEnd, number>;
  gaps: Gaps;
  delays: Delays;
  /** Requests with a response. */
  answered: number;
  /** Answers of pages, preflights and 404 that were right. */
  passedBy: number;
  /** What went wrong that is no loss, such as a request without a response. */
  problems: string[];
}

const SERVERS = 2;
const OPEN_MS = 60_000;
const DELIVERY_MS = 120_000;
/** Right while all nodes are on their way from the one server, on which they all were, to the other. */
const NO_NODE = 'No node of this chain is connected.';

/**
 * Restarts two servers behind HAProxy one after the other, as an operator does it: SIGTERM, and when it is back, the
 * next. Nodes send all the while, and others ask.
 */
export async function runRollingRestart(
  options: RollingRestartOptions,
  say: (line: string) => void,
): Promise<RollingRestartResult> {
  const { seed, nodes, rate, rounds, lengthMs, main, questionsPerSecond: perSecond } = options;
  await using ends = new Ends();
  const postgres = ends.add(await FaultyPostgres.start());
  await trackCommitTimes(postgres);
  const databaseUrl = databaseNamed(postgres.url, 'delivery');
  const replicas: Replica[] = [];
  for (let index = 0; index < SERVERS; index += 1) {
    const environment = { ...OWN_DEFAULTS, ...PassersBy.ENVIRONMENT, TRUSTED_PROXIES: '127.0.0.1' };
    replicas.push(ends.add(await Replica.start({ index, databaseUrl, mount: false, main, environment })));
  }
  const proxy = ends.add(await HaproxyProcess.start(replicas.map(({ port }) => port)));
  for (const { index } of replicas) await proxy.finds(index, 'UP');
  const fleet = ends.add(new Fleet({ urls: [proxy.ws], seed, nodes, rate }));
  await waitUntil(() => fleet.open === nodes, { what: 'all nodes to be connected', timeoutMs: OPEN_MS });
  const from = Date.now();
  const requests = new HttpRequests({ http: proxy.http, seed, nodes, perSecond, outages: new Outages() });
  const passersBy = new PassersBy(proxy.http, perSecond);
  const enough = new AbortController();
  const asked = Promise.all([requests, passersBy].map((each) => each.run(enough.signal)));

  const longestMs = await restartAll(replicas, proxy, rounds, lengthMs, say);
  await sleep(from + lengthMs - Date.now());
  enough.abort();
  await asked;
  const to = Date.now();
  const records = await fleet.stop();
  for (const replica of replicas) await replica.delivered(DELIVERY_MS);
  for (const replica of replicas) await replica.stopAfterAll();
  const runs = replicas.flatMap((replica) => replica.runs);
  const stored = await readStored(databaseUrl);
  return {
    ...balance({ nodes: records, runs, stored, damaged: [] }),
    restarts: rounds * SERVERS,
    longestRestartS: longestMs / 1000,
    sendSeconds: (to - from) / 1000,
    sockets: countEnds(records),
    gaps: gapsOf(records),
    delays: await readDelays(databaseUrl, 0, [from, to]),
    answered: requests.answered,
    passedBy: passersBy.answered,
    problems: [
      ...replicas.flatMap(({ problems }) => problems),
      ...requests.failures.filter((line) => !line.includes(NO_NODE)),
      ...passersBy.failures,
    ],
  };
}

/** @returns how long the longest restart took: milliseconds */
async function restartAll(
  replicas: readonly Replica[],
  proxy: HaproxyProcess,
  rounds: number,
  lengthMs: number,
  say: (line: string) => void,
): Promise<number> {
  const startedAt = performance.now();
  const turns = Array.from({ length: rounds }, () => replicas).flat();
  let longestMs = 0;
  for (const [turn, replica] of turns.entries()) {
    const dueMs = ((turn + 0.5) * lengthMs) / turns.length;
    await sleep(Math.max(0, startedAt + dueMs - performance.now()));
    const at = performance.now();
    await replica.stop();
    const stoppedMs = performance.now() - at;
    await replica.start();
    await proxy.finds(replica.index, 'UP');
    const ms = performance.now() - at;
    longestMs = Math.max(longestMs, ms);
    say(
      `server ${replica.index} stopped in ${(stoppedMs / 1000).toFixed(1)} s, and was back after ${(ms / 1000).toFixed(1)} s`,
    );
  }
  return longestMs;
}
