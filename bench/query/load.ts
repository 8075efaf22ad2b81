import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '../../src/simulator/random/random.js';
import type { BenchServer } from '../support/bench-server.js';
import { runWorker, startWorker } from '../support/worker.js';
import type { ClientInput, ClientOutput } from '../ingest/client.worker.js';
import { SEED } from './data/cast.js';
import { percentile, timeOf } from './measure.js';
import type { Route } from './routes.js';
import type { World } from './world.js';

const CLIENT = new URL('../ingest/client.worker.ts', import.meta.url);
const HIGHEST_S = 8;
const WARM_UP_MS = 3_000;
/** Before the load ends: what was asked then is answered while it lasts. */
const LAST_MS = 2_000;
/** Slow routes are asked less often, or the others would have few answers. */
const SLOW = { ms: 100, every: 4 };

export interface UnderLoad {
  /** Messages a second. */
  highest: number;
  rate: number;
  stored: number;
  times: ReadonlyMap<Route, readonly number[]>;
}

/**
 * Measures how many messages the server takes, then lets half of them come in while it is asked.
 *
 * @param idle p50 of the routes that are there, without load: milliseconds
 */
export async function measureUnderLoad(
  server: BenchServer,
  world: World,
  idle: ReadonlyMap<Route, number>,
  seconds: number,
): Promise<UnderLoad> {
  const input = { port: server.port, sockets: 50, large: false };
  const all = await runWorker<ClientInput, ClientOutput>(CLIENT, {
    ...input,
    seconds: HIGHEST_S,
    rate: 0,
    window: 80_000,
  });
  await server.drained();
  const highest = all.stored / all.seconds;
  const rate = highest / 2;
  const began = performance.now();
  const client = startWorker<ClientInput, ClientOutput>(CLIENT, { ...input, seconds, rate, window: 0 });
  await sleep(WARM_UP_MS);
  const times = await askAround(server.http, world, idle, began + seconds * 1000 - LAST_MS);
  const { stored, seconds: took } = await client.answer;
  await server.drained();
  return { highest, rate, stored: stored / took, times };
}

/** One route after another, over and over, so that each meets all times of the load. */
async function askAround(
  http: string,
  world: World,
  idle: ReadonlyMap<Route, number>,
  until: number,
): Promise<Map<Route, number[]>> {
  const asked = [...idle].map(([route, ms]) => ({
    route,
    every: ms > SLOW.ms ? SLOW.every : 1,
    random: new Random(SEED, route.name, 'under load'),
    times: [] as number[],
  }));
  for (let pass = 0; performance.now() < until; pass += 1) {
    for (const { route, every, random, times } of asked) {
      if (pass % every !== 0) continue;
      if (performance.now() >= until) break;
      times.push(await timeOf(http, route.path(world, random)));
    }
  }
  return new Map(asked.map(({ route, times }) => [route, times]));
}

/** Milliseconds of a route under load. */
export function timesUnderLoad({ times }: UnderLoad, route: Route): { p50: number; p95: number } | undefined {
  const found = times.get(route);
  return found && { p50: percentile(found, 0.5), p95: percentile(found, 0.95) };
}
