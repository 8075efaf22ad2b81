import { Random } from '../../src/simulator/random/random.js';
import { SEED } from './data/cast.js';
import { ask } from './http-client.js';
import type { Route } from './routes.js';
import type { World } from './world.js';

const WARM_UP = { requests: 10, ms: 2_000 };
const MEASURED = { requests: 150, ms: 15_000 };
const FEWEST = 20;

/** Times of a route in milliseconds, or what it answers in the place of what was asked for. */
export type Measured = { times: readonly number[] } | { status: number };

/** Sends one request after another, the same ones each time that it is called. */
export async function measure(http: string, world: World, route: Route): Promise<Measured> {
  const random = new Random(SEED, route.name);
  const next = (): Promise<number> => timeOf(http, route.path(world, random));
  const first = await ask(http + route.path(world, random));
  if (first.status !== 200) return { status: first.status };
  await repeat(next, WARM_UP, 1);
  return { times: await repeat(next, MEASURED, FEWEST) };
}

/** Milliseconds of a request that must have a response. */
export async function timeOf(http: string, path: string): Promise<number> {
  const { status, ms, text } = await ask(http + path);
  if (status !== 200) throw new Error(`${path} answers ${status.toString()}: ${text.slice(0, 500)}`);
  return ms;
}

async function repeat(
  work: () => Promise<number>,
  most: { requests: number; ms: number },
  fewest: number,
): Promise<number[]> {
  const times: number[] = [];
  const began = performance.now();
  while (times.length < most.requests && (times.length < fewest || performance.now() - began < most.ms)) {
    times.push(await work());
  }
  return times;
}

/** The time that such a share of the times does not exceed. */
export function percentile(times: readonly number[], share: number): number {
  const sorted = [...times].sort((left, right) => left - right);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}
